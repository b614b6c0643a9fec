import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataFailure, UserError } from '../../domain/failures.js';
import { checkData } from '../../infra/data/check.js';
import { openDataFolder } from '../../infra/data/read-folder.js';
import { Folders } from './folders.js';

let folders: Folders;
beforeAll(async () => {
  folders = await Folders.make();
});
afterAll(() => folders.remove());

const ANSWER = { thought: '', action: { tool: 'answer', text: 'x' } };
const question = { id: 'q1', video: 'a.mp4', question: 'q', answers: ['x'] };

function trajectory(id: string, action: unknown, more: object = {}): unknown {
  const turns = [{ thought: '', action }, ANSWER];
  const provenance = { steps: [] };
  return {
    id,
    video: 'a.mp4',
    question: 'q',
    questionId: 'q1',
    answers: ['x'],
    style: 'drp',
    fps: 1,
    turns,
    provenance,
    ...more,
  };
}

async function folderWith(
  name: string,
  content: { questions?: unknown[]; trajectories?: unknown[] },
): Promise<string> {
  await folders.lines(`${name}/questions.jsonl`, content.questions ?? [question]);
  if (content.trajectories !== undefined)
    await folders.lines(`${name}/trajectories.jsonl`, content.trajectories);
  await folders.json(`${name}/data.json`, { version: 1, form: 'test', videoRoot: '../videos', madeBy: {} });
  return folders.at(name);
}

async function problems(dir: string): Promise<readonly (readonly [string, string, string])[]> {
  const { report } = await checkData({ dir, maxRefused: 0 });
  return report.refused.flatMap(({ what, reason, examples }) =>
    examples.map(({ where }) => [what, reason, where.replace(`${dir}/`, '')] as const),
  );
}

describe('data check', () => {
  it('finds nothing wrong with a folder in which nothing is', async () => {
    const dir = await folderWith('good', {
      trajectories: [trajectory('t', { tool: 'clip', targetFrames: [1, 4] })],
    });
    await folders.json('good/ocr/a.mp4.json', {
      version: 1,
      video: 'a.mp4',
      fps: 10,
      by: 'x',
      frames: [{ frame: 35, words: [] }],
    });
    const { report, failure } = await checkData({ dir, maxRefused: 0 });
    expect(failure).toBeNull();
    expect(report.counts).toEqual({
      question: { read: 1, kept: 1, refused: 0 },
      video: { read: 1, kept: 1, refused: 0 },
      trajectory: { read: 1, kept: 1, refused: 0 },
      'OCR file': { read: 1, kept: 1, refused: 0 },
    });
  });

  it('names every record, video and file of read text that is wrong', async () => {
    await folders.write('videos/broken.mp4', (await readFile(folders.at('videos/a.mp4'))).subarray(0, 300));
    await folders.write('videos/empty.mp4', '');
    const dir = await folderWith('bad', {
      questions: [
        question,
        question,
        { ...question, id: 'q3', video: 'broken.mp4' },
        { ...question, id: 'q4', video: 'empty.mp4' },
        { ...question, id: 'q5', evidence: [{ startSec: 7, endSec: 8, boxes: [] }] },
        { ...question, id: 'q6', looks: 'crop' },
      ],
      trajectories: [
        trajectory('t1', { tool: 'clip', targetFrames: [5] }),
        trajectory('t2', { tool: 'crop', targetFrame: 1, bbox01: [0, 0, 1, 1] }, { questionId: 'q99' }),
        trajectory('t3', { tool: 'crop', targetFrame: 0, bbox01: [0, 0, 1, 1] }),
        trajectory(
          't4',
          { tool: 'clip', targetFrames: [1] },
          { turns: [{ thought: '', action: { tool: 'clip', targetFrames: [1] } }] },
        ),
        trajectory('t5', { tool: 'clip', targetFrames: [8] }, { fps: 2 }),
      ],
    });
    await folders.json('bad/ocr/a.mp4.json', {
      version: 1,
      video: 'a.mp4',
      fps: 10,
      by: 'x',
      frames: [{ frame: 90, words: [] }],
    });
    await folders.write('bad/ocr/broken.mp4.json', '{');
    const found = await problems(dir);
    expect([...found].sort()).toEqual(
      [
        ['question', 'duplicate-id', 'questions.jsonl:2'],
        ['question', 'video-unreadable', 'questions.jsonl:3'],
        ['question', 'video-unreadable', 'questions.jsonl:4'],
        ['question', 'time-outside', 'questions.jsonl:5'],
        ['question', 'bad-value', 'questions.jsonl:6'],
        ['video', 'video-unreadable', 'broken.mp4'],
        ['video', 'video-unreadable', 'empty.mp4'],
        ['trajectory', 'bad-call', 'trajectories.jsonl:1'],
        ['trajectory', 'no-question', 'trajectories.jsonl:2'],
        ['trajectory', 'bad-call', 'trajectories.jsonl:3'],
        ['trajectory', 'bad-message', 'trajectories.jsonl:4'],
        ['OCR file', 'time-outside', 'ocr/a.mp4.json'],
        ['OCR file', 'broken-json', 'ocr/broken.mp4.json'],
      ].sort(),
    );
    const { failure } = await checkData({ dir, maxRefused: 0 });
    expect(failure).toContain('5 of 6 questions refused');
  });

  it('refuses what is no data folder, as the mistake of the person', async () => {
    await expect(checkData({ dir: folders.at('nowhere'), maxRefused: 0 })).rejects.toThrow(UserError);
    await expect(checkData({ dir: folders.at('videos'), maxRefused: 0 })).rejects.toThrow(
      'questions.jsonl or trajectories.jsonl',
    );
    await folders.lines('odd/questions.jsonl', [question]);
    await folders.json('odd/data.json', { version: 2, form: 'x', madeBy: {} });
    await expect(checkData({ dir: folders.at('odd'), maxRefused: 0 })).rejects.toThrow(
      'expected "version" to be 1, got 2',
    );
  });
});

describe('reading a data folder', () => {
  it('stops at the first bad line, naming it, unless somebody takes what is refused', async () => {
    const dir = await folderWith('partly', {
      questions: [question, { id: 'q2' }, { ...question, id: 'q3' }],
    });
    const folder = await openDataFolder(dir);
    const ids: string[] = [];
    const read = async (): Promise<void> => {
      for await (const { id } of folder.questions()) ids.push(id);
    };
    await expect(read()).rejects.toThrow(DataFailure);
    await expect(read()).rejects.toThrow('questions.jsonl:2: "video" is missing');
    ids.length = 0;
    const refused: unknown[] = [];
    for await (const { id } of folder.questions({
      onRefused: ({ line }, { reason }) => refused.push([line, reason]),
    }))
      ids.push(id);
    expect([ids, refused]).toEqual([['q1', 'q3'], [[2, 'missing-field']]]);
    expect(await folder.ocr('a.mp4')).toBeNull();
    expect(folder.videoFile('deep/ü b.mp4')).toBe(folders.at('videos/deep/ü b.mp4'));
  });
});
