import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fileSha256, stepKey } from '../../activities/curation/keys.js';
import { parseCuration } from '../../configs/load-curation.js';
import { DataFailure, UserError } from '../../domain/failures.js';
import { curationFolders } from '../../infra/data/curation-folders.js';
import { sideFiles } from '../../infra/ocr/side-files.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ruminate-curation-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

const lines = (...rows: readonly unknown[]): string =>
  rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n');

describe('questions', () => {
  it('that are broken are refused by line, each with its reason, and the rest is used', async () => {
    const good = { id: 'a', video: 'v.mp4', question: 'What?', answers: ['x'] };
    await writeFile(
      join(dir, 'questions.jsonl'),
      lines(
        good,
        '{"id": "b", ',
        { ...good, id: 'c', answers: [] },
        { ...good, id: 'd', answers: ['  '] },
        { ...good, id: 'e', video: '../../etc/passwd' },
        { ...good, id: 'f', video: '/etc/passwd' },
        '',
        good,
        { ...good, id: 'g' },
      ),
    );
    const { records, refused } = (await curationFolders.open(dir)).questions;
    expect(records.map(({ line, record }) => [line, record.id])).toEqual([
      [1, 'a'],
      [9, 'g'],
    ]);
    expect(refused).toEqual([
      expect.stringMatching(/^questions\.jsonl:2: expected JSON: /),
      'questions.jsonl:3: "answers" is empty: expected at least one',
      'questions.jsonl:4: "answers" holds a blank answer',
      expect.stringMatching(/^questions\.jsonl:5: .*etc\/passwd/),
      expect.stringMatching(/^questions\.jsonl:6: .*etc\/passwd/),
      'questions.jsonl:8: the id "a" stands in line 1',
    ]);
  });

  it('of a folder that is not there are a mistake that names the file', async () => {
    const error: unknown = await curationFolders
      .open(join(dir, 'nowhere'))
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toContain(join(dir, 'nowhere'));
  });
});

describe('decisions', () => {
  it('that are broken are refused by line', async () => {
    const file = join(dir, 'decisions.jsonl');
    const by = { by: 'ann', at: '2026-01-02T03:04:05Z' };
    await writeFile(
      file,
      lines(
        { id: 'a/drp', decision: 'rejected', ...by },
        { id: 'b/drp', decision: 'maybe', ...by },
        { id: 'c/drp', decision: 'mended', ...by },
        'accepted',
      ),
    );
    const { records, refused } = await curationFolders.decisions(file);
    expect(records.map(({ record }) => record.id)).toEqual(['a/drp']);
    expect(refused).toEqual([
      'decisions.jsonl:2: expected "decision" to be one of accepted, rejected, mended, got "maybe"',
      'decisions.jsonl:3: "trajectory" is missing: expected the mended trajectory',
      expect.stringMatching(/^decisions\.jsonl:4: expected JSON: /),
    ]);
  });
});

describe('videos', () => {
  it('that are not there, or are folders, are named', async () => {
    await expect(fileSha256(join(dir, 'none.mp4'))).rejects.toThrow(/none\.mp4: there is no such file/);
    await mkdir(join(dir, 'folder.mp4'));
    await expect(fileSha256(join(dir, 'folder.mp4'))).rejects.toThrow(DataFailure);
  });

  it('may lie elsewhere, where data.json says so', async () => {
    const root = async (): Promise<string> => (await curationFolders.open(dir)).videoRoot;
    expect(await root()).toBe(dir);
    const manifest = { version: 1, form: 'm4', videoRoot: '../videos', madeBy: {} };
    await writeFile(join(dir, 'data.json'), JSON.stringify(manifest));
    expect(await root()).toBe(join(dir, '..', 'videos'));
    await writeFile(join(dir, 'data.json'), '{"version": 2}');
    await expect(root()).rejects.toThrow(UserError);
  });
});

describe('side files', () => {
  it('lose words whose boxes are not in the frame, and count them', async () => {
    await mkdir(join(dir, 'ocr'), { recursive: true });
    const word = { text: 'Exit', confidence: null, line: 0 };
    const words = [
      { ...word, box01: [0.1, 0.1, 0.2, 0.2] },
      { ...word, box01: [0.9, 0.1, 1.2, 0.2] },
      { ...word, box01: [0.5, 0.5, 0.4, 0.6] },
    ];
    const file = join(dir, 'ocr', 'v.mp4.json');
    await writeFile(
      file,
      JSON.stringify({ version: 1, video: 'v.mp4', fps: 10, by: 'a set', frames: [{ frame: 1, words }] }),
    );
    const read = await sideFiles.read(dir, 'v.mp4');
    expect(read?.ocr.frames[0]?.words).toHaveLength(1);
    expect(read?.dropped).toEqual({ 'box-outside': 1, 'bad-value': 1 });
    await writeFile(file, '{"version": 1, "fps": 0}');
    await expect(sideFiles.read(dir, 'v.mp4')).rejects.toThrow(/v\.mp4\.json: is no side file/);
    expect(await sideFiles.read(dir, 'other.mp4')).toBeNull();
  });
});

describe('settings', () => {
  it('with a wrong key are refused with its line and the nearest right one', () => {
    const text = 'fps: 1\nmatching:\n  similarty: 0.9\n  rivalMargin: 2\n';
    expect(() => parseCuration(text, 'c.yaml')).toThrow(
      /c\.yaml:3:3: unknown key `similarty` in `matching`.*did you mean "similarity"\?[^]*c\.yaml:4:/,
    );
    expect(() => parseCuration('maxFrame: 1', 'c.yaml')).toThrow(
      /in a curation's settings.*did you mean "maxFrames"/,
    );
  });
});

describe('keys', () => {
  it('depend on content and not on the order in which it is said', () => {
    const key = stepKey('check', { a: 1, b: { c: 2, d: [3] } });
    expect(stepKey('check', { b: { d: [3], c: 2 }, a: 1 })).toEqual(key);
    expect(stepKey('check', { b: { d: [4], c: 2 }, a: 1 }).key).not.toBe(key.key);
    expect(stepKey('synthesize', { a: 1, b: { c: 2, d: [3] } }).key).not.toBe(key.key);
  });
});

describe('the shipped settings', () => {
  it('are the defaults', async () => {
    const { loadCuration } = await import('../../configs/load-curation.js');
    const shipped = join(import.meta.dirname, '..', '..', 'configs', 'curation.yaml');
    expect(await loadCuration(shipped)).toEqual(parseCuration('', 'defaults'));
  });
});
