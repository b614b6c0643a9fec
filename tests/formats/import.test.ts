import { chmod, mkdir, readdir, symlink } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FORMS } from '../../cli/commands/data/import.js';
import { IMPORT_FORMS } from '../../infra/data/import.js';
import type { ImportResult } from '../../infra/data/import.js';
import { reportText } from '../../infra/data/report-text.js';
import { Folders } from './folders.js';

let folders: Folders;
beforeAll(async () => {
  folders = await Folders.make();
});
afterAll(() => folders.remove());

/** Reasons with their places, as the report tells them. */
function refused({ report }: ImportResult): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(
    report.refused.map(({ reason, examples }) => [reason, examples.map(({ where }) => where)]),
  );
}

const M4_HEAD = { dataset_name: 'vtvqa', dataset_version: '0.0.2' };

function m4Row(
  number: number,
  more: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return {
    question: 'What is the MPH?',
    source1: 'Single frame',
    source2: 'Text',
    video_id: 'a',
    answers: ['20'],
    video_width: 64,
    video_height: 48,
    question_id: number,
    ...more,
  };
}

describe('a plain folder', () => {
  const good = { video: 'a.mp4', question: 'What?', answers: ['x'] };

  it('keeps what is good, and names every bad row by its reason and line', async () => {
    const source = await folders.lines('plain/questions.jsonl', [
      { ...good, id: 'one', level: 3, split: 'train' },
      { ...good, id: 'one' },
      { ...good, video: '../a.mp4' },
      { ...good, video: folders.at('elsewhere/a.mp4') },
      { ...good, video: 'gone.mp4' },
      { ...good, video: 'deep' },
      { video: 'a.mp4', answers: ['x'] },
      { ...good, question: 17 },
      { ...good, answers: [] },
      { ...good, answers: ['x', ' '] },
      { ...good, evidence: [{ startSec: 2, endSec: 1, boxes: [] }] },
      { ...good, evidence: [{ startSec: 0, endSec: 1, boxes: [{ sec: 0, box01: [0, 0, 1.2, 1] }] }] },
      ['no', 'object'],
      { video: 'deep/ü b.mp4', question: 'Und?', answer: 'ja' },
    ]);
    const result = await folders.import('folder', folders.at('plain'), 'plain-out');
    expect(result.failure).toBeNull();
    const at = (...lines: readonly number[]): readonly string[] => lines.map((line) => `${source}:${line}`);
    expect(refused(result)).toEqual({
      'duplicate-id': at(2),
      'path-outside': at(3, 4),
      'video-missing': at(5, 6),
      'missing-field': at(7),
      'wrong-type': at(8),
      'answers-empty': at(9, 10),
      'time-outside': at(11),
      'box-outside': at(12),
      'not-an-object': at(13),
    });
    expect(result.report.counts).toEqual({ question: { read: 14, kept: 2, refused: 12 } });
    expect(await folders.read('plain-out/questions.jsonl')).toEqual([
      {
        id: 'one',
        video: 'a.mp4',
        question: 'What?',
        answers: ['x'],
        split: 'train',
        source: { form: 'folder', fields: { level: 3 } },
      },
      { id: 'row-14', video: 'deep/ü b.mp4', question: 'Und?', answers: ['ja'] },
    ]);
    expect(await folders.read('plain-out/refused.jsonl')).toHaveLength(12);
    expect(JSON.parse((await folders.files('plain-out')).get('report.json')!.toString())).toEqual(
      result.report,
    );
    expect(reportText(result.report)).toContain('refused: 2 questions, path-outside');
  });

  it('refuses a row that is nothing but brackets, and goes on', async () => {
    const deep = `{"video":"a.mp4","question":"q","answers":["x"],"more":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
    await folders.write('brackets/questions.jsonl', `${deep}\n${JSON.stringify(good)}\n`);
    const result = await folders.import('folder', folders.at('brackets'), 'brackets-out');
    expect(result.report.counts.question).toEqual({ read: 2, kept: 1, refused: 1 });
    expect(refused(result)).toEqual({ 'bad-value': [`${folders.at('brackets/questions.jsonl')}:1`] });
  });

  it('takes an absolute path that begins with the root of videos as one below it', async () => {
    const row = {
      problem_id: 1,
      problem: 'q',
      data_type: 'video',
      problem_type: 'free-form',
      solution: '<answer> yes </answer>',
    };
    const file = await folders.lines('r1.jsonl', [
      { ...row, path: `${folders.at('videos')}/deep/../a.mp4` },
      { ...row, path: `${folders.at('videos')}/./a.mp4` },
      { ...row, problem_id: 2, path: './a.mp4', problem_type: 'multiple choice', options: [] },
      { ...row, problem_id: 3, path: 'a.mp4', solution: '<answer> </answer>' },
      { ...row, problem_id: 4, path: 'http://a/b.mp4' },
      {
        ...row,
        problem_id: 5,
        path: 'a.mp4',
        problem_type: 'multiple choice',
        options: ['A. x', 'B. y'],
        process: '<think>…</think>',
      },
    ]);
    const result = await folders.import('video-r1', file, 'r1-out');
    expect(refused(result)).toEqual({
      'path-outside': [`${file}:1`, `${file}:5`],
      'missing-field': [`${file}:3`],
      'answers-empty': [`${file}:4`],
    });
    expect(await folders.read('r1-out/questions.jsonl')).toMatchObject([
      { id: '1', video: 'a.mp4', answers: ['yes'], task: 'free-form' },
      {
        id: '5',
        options: ['A. x', 'B. y'],
        source: { form: 'video-r1', fields: { data_type: 'video', process: '<think>…</think>' } },
      },
    ]);
  });

  it('is read from CSV as from JSON lines', async () => {
    await folders.write(
      'csv/questions.csv',
      'id,video,question,answers,level\n1,a.mp4,"What, now?","[""x"",""y""]",hard\n2,a.mp4,q,z,\n',
    );
    const result = await folders.import('folder', folders.at('csv'), 'csv-out');
    expect(result.failure).toBeNull();
    expect(await folders.read('csv-out/questions.jsonl')).toEqual([
      {
        id: '1',
        video: 'a.mp4',
        question: 'What, now?',
        answers: ['x', 'y'],
        source: { form: 'folder', fields: { level: 'hard' } },
      },
      { id: '2', video: 'a.mp4', question: 'q', answers: ['z'] },
    ]);
  });
});

describe('the folder that is written', () => {
  const rows = [1, 2, 3].map((id) => ({
    id,
    video: id === 3 ? 'gone.mp4' : 'a.mp4',
    question: 'q',
    answers: ['x'],
  }));

  it('is not there at all where too much was refused, where nothing is left, and where the work was stopped', async () => {
    await folders.lines('whole/questions.jsonl', rows);
    const before = await readdir(folders.dir);
    const result = await folders.import('folder', folders.at('whole'), 'never', { maxRefused: 0.05 });
    expect(result.failure).toBe(
      '1 of 3 questions refused (33.3 %), more than the 5 % that --max-refused admits',
    );
    expect(result.report.counts.question).toEqual({ read: 3, kept: 2, refused: 1 });
    await folders.write('whole-empty/questions.jsonl', '\n');
    expect((await folders.import('folder', folders.at('whole-empty'), 'never')).failure).toBe(
      'there are no rows',
    );
    const stop = new AbortController();
    stop.abort();
    await expect(
      folders.import('folder', folders.at('whole'), 'never', { signal: stop.signal }),
    ).rejects.toThrow('abort');
    expect(await readdir(folders.dir)).toEqual([...before, 'whole-empty'].sort());
  });

  it('is refused where something is already, and taken where it is empty', async () => {
    await folders.lines('whole/questions.jsonl', rows);
    await folders.write('taken/notes.txt', 'mine');
    await expect(folders.import('folder', folders.at('whole'), 'taken')).rejects.toThrow(
      'holds something already (notes.txt)',
    );
    expect([...(await folders.files('taken')).keys()]).toEqual(['notes.txt']);
    await mkdir(folders.at('vacant'));
    expect((await folders.import('folder', folders.at('whole'), 'vacant')).failure).toBeNull();
    expect([...(await folders.files('vacant')).keys()]).toEqual([
      'data.json',
      'questions.jsonl',
      'refused.jsonl',
      'report.json',
    ]);
  });

  it('read again as a folder gives the same records, with its videos where they were', async () => {
    await folders.lines('again/questions.jsonl', rows);
    await folders.import('folder', folders.at('again'), 'again-1');
    const { failure, report } = await folders.import('folder', folders.at('again-1'), 'again-2', {
      videos: undefined,
    });
    expect(failure).toBeNull();
    expect(report.refused).toEqual([]);
    const [first, second] = [await folders.files('again-1'), await folders.files('again-2')];
    expect(second.get('questions.jsonl')).toEqual(first.get('questions.jsonl'));
    expect(second.get('data.json')).toEqual(first.get('data.json'));
  });
});

describe('M4-ViteVQA', () => {
  it('reads pooled files with their read text, and says which validations the pooling has spoilt', async () => {
    await folders.json('m4/ViteVQA_0.0.2_t1s1val.json', {
      ...M4_HEAD,
      dataset_type: 't1s1val',
      data: [
        m4Row(1),
        m4Row(2, { video_id: 'ü b' }),
        m4Row(3, { video_id: '00000' }),
        m4Row(4, { question_id: 'four' }),
      ],
    });
    await folders.json('m4/ViteVQA_0.0.2_t2train.json', {
      ...M4_HEAD,
      dataset_type: 't2train',
      data: [m4Row(1)],
    });
    await folders.json('m4-ocr/a.json', {
      '2': [
        { ocr: 'EXIT', points: [8, 6, 32, 6, 32, 12, 8, 12], ID: 1 },
        { ocr: 'FAR', points: [8, 6, 99, 6, 99, 12, 8, 12], ID: 2 },
        { ocr: 'EDGE', points: [-0.4, 6, 64.5, 6, 64.5, 12, -0.4, 12], ID: 3 },
        { ocr: '', points: [8, 6, 32, 6, 32, 12, 8, 12] },
      ],
      '1': [],
    });
    const result = await folders.import('m4-vitevqa', folders.at('m4'), 'm4-out', {
      ocr: folders.at('m4-ocr'),
    });
    expect(result.failure).toBeNull();
    const val = folders.at('m4/ViteVQA_0.0.2_t1s1val.json');
    expect(refused(result)).toEqual({
      'video-missing': [`${val}[2]`],
      'wrong-type': [`${val}[3]`],
      'box-outside': [`${folders.at('m4-ocr/a.json')}, frame 2`],
      'bad-value': [`${folders.at('m4-ocr/a.json')}, frame 2`],
    });
    expect(result.report.warnings).toEqual([
      expect.stringMatching(/^leak: 1 video of t1s1 validation is in t2 train as well/),
      expect.stringContaining('1 of 2 videos have no OCR side file'),
    ]);
    expect(await folders.read('m4-out/questions.jsonl')).toMatchObject([
      { id: 't1s1val-1', video: 'a.mp4', split: 'validation', task: 't1s1' },
      { id: 't1s1val-2', video: 'deep/ü b.mp4' },
      { id: 't2train-1', video: 'a.mp4', split: 'train', task: 't2' },
    ]);
    const [ocr] = await folders.read('m4-out/ocr/a.mp4.json');
    expect(ocr).toEqual({
      version: 1,
      video: 'a.mp4',
      fps: 10,
      by: 'm4-vitevqa side file',
      frames: [
        { frame: 1, words: [] },
        {
          frame: 2,
          words: [
            { text: 'EXIT', box01: [0.125, 0.125, 0.5, 0.25], confidence: null, line: 1 },
            { text: 'EDGE', box01: [0, 0.125, 1, 0.25], confidence: null, line: 3 },
          ],
        },
      ],
    });
  });

  it('warns of no leak where train and validation share no video', async () => {
    await folders.json('m4-apart/t1s1val.json', { ...M4_HEAD, dataset_type: 't1s1val', data: [m4Row(1)] });
    await folders.json('m4-apart/t1s1train.json', {
      ...M4_HEAD,
      dataset_type: 't1s1train',
      data: [m4Row(2, { video_id: 'ü b' })],
    });
    expect(
      (await folders.import('m4-vitevqa', folders.at('m4-apart'), 'm4-apart-out')).report.warnings,
    ).toEqual([]);
  });

  it('refuses every row of a file whose head is wrong, and names an id that two files have', async () => {
    const file = await folders.json('m4-head.json', {
      ...M4_HEAD,
      dataset_type: 'train',
      data: [m4Row(1), m4Row(2)],
    });
    expect(refused(await folders.import('m4-vitevqa', file, 'm4-head-out'))).toEqual({
      'bad-value': [`${file}[0]`, `${file}[1]`],
    });
    await folders.write('twice/one/a.mp4', 'x');
    await folders.write('twice/two/a.mkv', 'x');
    const twice = await folders.json('m4-twice.json', {
      ...M4_HEAD,
      dataset_type: 't2val',
      data: [m4Row(1)],
    });
    const result = await folders.import('m4-vitevqa', twice, 'm4-twice-out', { videos: folders.at('twice') });
    expect(result.report.refused[0]).toMatchObject({ reason: 'video-ambiguous' });
    expect(result.failure).toBe('no row could be kept');
  });
});

describe('ViTXT-GQA', () => {
  it('joins evidence to questions: frames count from 0 at 10 a second, the last belongs to its interval', async () => {
    const qa = await folders.json('vitxt/qa.json', {
      ...M4_HEAD,
      dataset_type: 't1s2val',
      data: [m4Row(12393), m4Row(2)],
    });
    const size = { fps: 10, frames: 40, duration: 4, width: 64, height: 48 };
    const evidence = await folders.json('vitxt/grounding.json', [
      {
        question_id: 12393,
        video_id: 'a',
        ...size,
        spatial_temporal_gt: [
          { temporal_gt: [3.1, 3.2], bbox_gt: { '32': [16, 12, 32, 24], '31': [8, 12, 32, 24] } },
        ],
      },
      { question_id: 9, video_id: 'a', ...size, spatial_temporal_gt: [] },
      {
        question_id: 2,
        video_id: 'a',
        ...size,
        spatial_temporal_gt: [{ temporal_gt: [9, 9.5], bbox_gt: {} }],
      },
    ]);
    const result = await folders.import('vitxt-gqa', qa, 'vitxt-out', { evidence });
    expect(await folders.read('vitxt-out/questions.jsonl')).toMatchObject([
      {
        id: 't1s2val-12393',
        source: { form: 'vitxt-gqa' },
        evidence: [
          {
            startSec: 3.1,
            endSec: 3.3,
            boxes: [
              { sec: 3.1, box01: [0.125, 0.25, 0.5, 0.5] },
              { sec: 3.2, box01: [0.25, 0.25, 0.5, 0.5] },
            ],
          },
        ],
      },
      { id: 't1s2val-2' },
    ]);
    expect(refused(result)).toEqual({ 'time-outside': [`${evidence}[2]`] });
    expect(result.report.warnings).toEqual([
      expect.stringContaining('1 of 2 entries of evidence are about questions that are not'),
      expect.stringContaining('1 of 2 questions have no evidence'),
    ]);
    await expect(folders.import('vitxt-gqa', qa, 'never')).rejects.toThrow('spatial_temporal_gt');
  });
});

describe('the small world', () => {
  it('keeps the interval, text and box of its evidence, and the look that reads it best', async () => {
    await folders.json('world/world.json', { version: 1, split: 'test' });
    await folders.lines('world/questions.jsonl', [
      {
        id: 'test-1-0',
        video: 'a.mp4',
        question: 'q',
        task: 'read',
        looks: 'crop',
        answers: ['7'],
        evidence: [
          { tool: 'crop', frame: 3, startSec: 2, endSec: 3, box01: [0.1, 0.1, 0.2, 0.2], text: '7' },
        ],
      },
    ]);
    await folders.import('small-world', folders.at('world'), 'world-out');
    expect(await folders.read('world-out/questions.jsonl')).toEqual([
      {
        id: 'test-1-0',
        video: 'a.mp4',
        question: 'q',
        answers: ['7'],
        split: 'test',
        task: 'read',
        evidence: [{ startSec: 2, endSec: 3, text: '7', boxes: [{ sec: 2, box01: [0.1, 0.1, 0.2, 0.2] }] }],
        source: { form: 'small-world', fields: { looks: 'crop', evidence: [{ tool: 'crop', frame: 3 }] } },
      },
    ]);
    await expect(folders.import('small-world', folders.at('plain'), 'never')).rejects.toThrow(
      'world.json: there is no such file',
    );
  });
});

describe('what may not be read', () => {
  // Root may read everything, and Windows knows no such modes.
  const skip = process.getuid?.() === 0 || process.platform === 'win32';
  it.skipIf(skip)(
    `is named: a file of rows and a video${skip ? ' (skipped: this user may read everything)' : ''}`,
    async () => {
      const file = await folders.lines('locked/questions.jsonl', [
        { video: 'a.mp4', question: 'q', answers: ['x'] },
      ]);
      await chmod(file, 0);
      const result = await folders.import('folder', folders.at('locked'), 'never');
      expect(refused(result)).toEqual({ 'not-permitted': [file] });
      await folders.lines('locked-video/questions.jsonl', [
        { video: 'x/a.mp4', question: 'q', answers: ['x'] },
      ]);
      await folders.write('locked-videos/x/a.mp4', 'x');
      await chmod(folders.at('locked-videos/x'), 0);
      const other = await folders.import('folder', folders.at('locked-video'), 'never', {
        videos: folders.at('locked-videos'),
      });
      await chmod(folders.at('locked-videos/x'), 0o755);
      expect(other.report.refused[0]).toMatchObject({ reason: 'not-permitted' });
    },
  );

  it('is refused as missing where a link leads nowhere', async () => {
    await mkdir(folders.at('linked'), { recursive: true });
    await symlink(folders.at('nowhere'), folders.at('linked/a.mp4'));
    await folders.lines('link/questions.jsonl', [{ video: 'a.mp4', question: 'q', answers: ['x'] }]);
    const result = await folders.import('folder', folders.at('link'), 'never', {
      videos: folders.at('linked'),
    });
    expect(result.report.refused[0]).toMatchObject({ reason: 'video-missing' });
  });
});

it('the command line offers the forms that there are', () => {
  expect(FORMS).toEqual(IMPORT_FORMS);
});
