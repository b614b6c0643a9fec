import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DecisionsFile } from '../../infra/review/decisions-file.js';
import { readReviewFolder, videoPath } from '../../infra/review/folder.js';
import type { Decision } from '../../domain/curation/decisions.js';
import { answer, crop, NASTY, sampleFolder, trajectory } from './sample.js';

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ruminate-review-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

describe('a folder to review', () => {
  it('gives what quality control took, then what it rejected, with the reasons', async () => {
    await sampleFolder(dir);
    const { items, withoutTrajectory, problems } = await readReviewFolder(dir);
    expect(items.map(({ record, origin, why }) => [record.id, origin, why])).toEqual([
      ['one', 'taken', []],
      ['two', 'taken', []],
      ['three', 'taken', []],
      ['whole', 'rejected', ['not-legible', 'the answer cannot be read in what it looked at last']],
      ['nasty', 'rejected', ['ambiguous', NASTY]],
    ]);
    expect([withoutTrajectory, problems]).toEqual([1, []]);
  });

  it('names each line that is no trajectory, and goes on', async () => {
    const good = trajectory('good', 'Q', [crop(1), answer('x')]);
    const bad = [
      '{"id": ',
      JSON.stringify({ ...good, id: 'fps', fps: 0 }),
      JSON.stringify({ ...good, id: 'open', turns: [crop(1)] }),
      JSON.stringify({ ...good, id: 'box', turns: [crop(1, [0, 0, 2, 1]), answer('x')] }),
      JSON.stringify({ ...good, id: 'none', answers: [] }),
      JSON.stringify(good),
    ];
    await writeFile(join(dir, 'trajectories.jsonl'), [JSON.stringify(good), ...bad].join('\n'));
    const { items, problems } = await readReviewFolder(dir);
    expect(items.map(({ record }) => record.id)).toEqual(['good']);
    expect(problems).toEqual([
      expect.stringMatching(/^trajectories\.jsonl, line 2: expected JSON: /),
      expect.stringMatching(/line 3: expected "fps" to be above 0/),
      expect.stringMatching(/line 4: expected the last of 1 turns to be the answer/),
      expect.stringMatching(/line 5: 2 in "box01" is outside 0 to 1/),
      expect.stringMatching(/line 6: "answers" is empty/),
      'trajectories.jsonl, line 7: id "good" stands twice',
    ]);
  });

  it('is refused in one sentence where there is none', async () => {
    await expect(readReviewFolder(join(dir, 'no'))).rejects.toThrow('expected a data folder at');
    await expect(readReviewFolder(dir)).rejects.toThrow('has no trajectories.jsonl');
  });

  it('finds videos below their root only', async () => {
    await sampleFolder(dir);
    await writeFile(
      join(dir, 'data.json'),
      JSON.stringify({ version: 1, form: 'x', videoRoot: 'videos', madeBy: {} }),
    );
    const folder = await readReviewFolder(dir);
    expect(videoPath(folder, 'board.mp4')).toBe(join(folder.dir, 'videos/board.mp4'));
    for (const video of ['../trajectories.jsonl', '/etc/passwd', 'a/../../x', '..', ''])
      expect(videoPath(folder, video), video).toBeNull();
  });
});

describe('decisions.jsonl', () => {
  const decision = (id: string, what: Decision['decision'], why?: string): Decision => ({
    id,
    decision: what,
    ...(why === undefined ? {} : { why }),
    by: 'ada',
    at: '2026-01-01T00:00:00.000Z',
  });
  const file = (): string => join(dir, 'decisions.jsonl');
  const written = async (): Promise<readonly string[]> =>
    (await readFile(file(), 'utf8')).split('\n').filter(Boolean);

  it('counts the last line of an id, here and when opened again', async () => {
    const first = await DecisionsFile.open(file());
    await Promise.all([
      first.append(decision('a', 'accepted')),
      first.append(decision('b', 'accepted')),
      first.append(decision('a', 'rejected', 'blurred')),
    ]);
    for (const one of [first, await DecisionsFile.open(file())])
      expect([one.of('a'), one.of('b')?.decision, one.of('c')]).toEqual([
        decision('a', 'rejected', 'blurred'),
        'accepted',
        null,
      ]);
  });

  it('takes the last line of an id back, and the one before counts', async () => {
    const one = await DecisionsFile.open(file());
    for (const what of ['accepted', 'rejected'] as const) await one.append(decision('a', what));
    await one.append(decision('b', 'accepted'));
    expect((await one.undo('a'))?.decision).toBe('accepted');
    expect(await one.undo('a')).toBeNull();
    expect(await one.undo('a')).toBeNull();
    expect((await written()).map((line) => (JSON.parse(line) as Decision).id)).toEqual(['b']);
  });

  it('keeps lines that it cannot read, says so, and never writes into a torn one', async () => {
    const text = JSON.stringify(decision('a', 'accepted'));
    await appendFile(file(), `{"id": "x"}\n${text}\n{"id": "torn", "dec`);
    const one = await DecisionsFile.open(file());
    expect(one.problems).toEqual([
      expect.stringMatching(/line 1: is no decision \("decision" is missing.*\); it does not count$/),
      expect.stringMatching(/line 3: is no JSON; it does not count$/),
    ]);
    await one.append(decision('b', 'accepted'));
    await one.undo('a');
    expect(await written()).toEqual([
      '{"id": "x"}',
      '{"id": "torn", "dec',
      JSON.stringify(decision('b', 'accepted')),
    ]);
  });
});
