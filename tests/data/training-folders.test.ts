import { copyFile, link, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DataSets, parseLines } from '../../activities/datasets.js';
import { createPlanEvaluation } from '../../activities/plan-evaluation.js';
import { createPlanQuestions } from '../../activities/plan-questions.js';
import { createPrepareFolders } from '../../activities/prepare-folders.js';
import { surveyFolders } from '../../infra/client/data-folders.js';
import { parseCurriculum } from '../../configs/load.js';
import type { Curriculum } from '../../domain/curriculum.js';
import { readTrainingFolders } from '../../infra/data/training-folders.js';
import { MemoryStore } from '../support/memory-store.js';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'ruminate-training-folders-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const CROP = { tool: 'crop', targetFrame: 1, bbox01: [0, 0, 0.5, 0.5] };
const CLIP = { tool: 'clip', targetFrames: [1, 2] };
const ANSWER = { tool: 'answer', text: 'x' };

function question(id: string, video: string, more: object = {}): object {
  return { id, video, question: `What is ${id}?`, answers: ['x'], ...more };
}

function trajectory(id: string, video: string, style: string, looks: readonly object[], more: object = {}) {
  const turns = [...looks, ANSWER].map((action) => ({ thought: 'I look.', action }));
  const about = { video, question: `What is ${id}?`, questionId: id, answers: ['x'] };
  return { id: `${id}-${style}`, ...about, style, fps: 1, turns, provenance: { steps: [] }, ...more };
}

interface Content {
  readonly videos: readonly string[];
  readonly questions?: readonly unknown[];
  readonly trajectories?: readonly unknown[];
}

async function folder(name: string, { videos, questions, trajectories }: Content): Promise<string> {
  const dir = path.join(root, name);
  await mkdir(path.join(dir, 'clips'), { recursive: true });
  // Nobody decodes them before they are looked at; of different content, though of equal size.
  for (const video of videos) await writeFile(path.join(dir, 'clips', video), `${name.padEnd(40)}${video}`);
  const lines = (rows: readonly unknown[]): string =>
    rows.map((row) => `${typeof row === 'string' ? row : JSON.stringify(row)}\n`).join('');
  if (questions) await writeFile(path.join(dir, 'questions.jsonl'), lines(questions));
  if (trajectories) await writeFile(path.join(dir, 'trajectories.jsonl'), lines(trajectories));
  const manifest = { version: 1, form: 'test', videoRoot: 'clips', madeBy: {} };
  await writeFile(path.join(dir, 'data.json'), JSON.stringify(manifest));
  return dir;
}

const TRAIN: Content = {
  videos: ['a.mp4', 'b.mp4'],
  questions: [
    question('q1', 'a.mp4', { task: 't1s1', options: ['x', 'y'] }),
    question('q2', 'a.mp4'),
    question('q3', 'b.mp4'),
    question('q4', 'b.mp4', {
      evidence: [{ startSec: 0, endSec: 1, boxes: [{ sec: 0, box01: [0, 0, 1, 1] }] }],
    }),
  ],
  trajectories: [
    trajectory('q1', 'a.mp4', 'drp', [CROP]),
    trajectory('q1', 'a.mp4', 'crp', [CLIP, CROP]),
    trajectory('q2', 'a.mp4', 'given', [CLIP, CLIP]),
    trajectory('q3', 'b.mp4', 'crp', [CLIP, CROP]),
    trajectory('own', 'b.mp4', 'given', [CROP], { questionId: null }),
  ],
};
const TEST: Content = { videos: ['t.mp4'], questions: [question('t1', 't.mp4')] };

async function pair(name: string, train: Content = TRAIN, test: Content = TEST) {
  return { train: await folder(`${name}-train`, train), test: await folder(`${name}-test`, test) };
}

describe('data folders of a curriculum', () => {
  it('become data sets whose questions know which look they take, with the demonstrations beside them', async () => {
    const store = new MemoryStore();
    const dataSets = new DataSets(store);
    const folders = await pair('good');
    const prepare = createPrepareFolders({ store, readFolders: readTrainingFolders });
    const { train, test } = await prepare({ run: 'r', folders });
    expect(train).toMatchObject({ split: 'train', videos: 2, questions: 5 });
    expect(test).toMatchObject({ split: 'test', videos: 1, questions: 1 });
    const loaded = await dataSets.load(train);
    expect(loaded.dir).toBe(path.join(folders.train, 'clips'));
    expect(loaded.videos).toEqual(['a.mp4', 'b.mp4']);
    expect(loaded.questions.map(({ id, looks }) => [id, looks])).toEqual([
      ['q1', 'crop'],
      ['q2', 'clip'],
      ['q3', 'several'],
      ['q4', 'several'],
      ['b.mp4: What is own?', 'crop'],
    ]);
    expect(loaded.questions[0]).toEqual({
      ...{ id: 'q1', video: 'a.mp4', question: 'What is q1?', task: 't1s1', looks: 'crop' },
      ...{ options: ['x', 'y'], answers: ['x'], evidence: [] },
    });
    expect(loaded.trajectories.map(({ questionId, style }) => [questionId, style])).toEqual([
      ['q1', 'drp'],
      ['q1', 'crp'],
      ['q2', 'drp'],
      ['q3', 'crp'],
      ['b.mp4: What is own?', 'drp'],
    ]);
    // The very same again: the same objects.
    expect(await prepare({ run: 'another', folders })).toEqual({ train, test });

    const plan = createPlanQuestions({ dataSets });
    const order = { run: 'r', stage: 'RL_d', seed: 1, fromStep: 0, toStep: 1, perStep: 3 };
    const single = await plan({ ...order, data: train, kinds: ['crop', 'clip'] });
    expect([...single].sort()).toEqual([0, 1, 4]);
    const { questions } = await createPlanEvaluation({ dataSets })({
      seed: 1,
      data: test,
      evaluation: { single: 5, several: 5, shown: 1 },
    });
    expect(questions).toEqual([0]);
  });

  it('leave out what cannot be used, and say each of it with its place', async () => {
    const store = new MemoryStore();
    const folders = await pair('blemished', {
      videos: ['a.mp4', 'b.mp4'],
      questions: [
        ...[...TRAIN.questions!, question('q1', 'a.mp4'), '{"id": "cut', question('gone', 'no.mp4')],
        ...Array.from({ length: 15 }, (_, i) => question(`more${i}`, 'a.mp4')),
      ],
      trajectories: [
        ...TRAIN.trajectories!,
        trajectory('nobody', 'a.mp4', 'drp', [CROP]),
        trajectory('q4', 'b.mp4', 'drp', [{ ...CROP, bbox01: [0.5, 0, 0.5, 1] }]),
        trajectory('q4', 'b.mp4', 'given', []),
      ],
    });
    const prepare = createPrepareFolders({ store, readFolders: readTrainingFolders });
    const { train } = await prepare({ run: 'r', folders });
    expect(train.questions).toBe(20);
    const { train: material } = await readTrainingFolders(folders);
    expect(material.leftOut).toEqual([
      'questions.jsonl:5: the id "q1" stands above already',
      expect.stringMatching(/^questions\.jsonl:6: expected JSON/),
      expect.stringMatching(/^trajectories\.jsonl:7: turn 1: crop: in bbox_2d the left edge/),
      'trajectory "nobody-drp": there is no question "nobody"',
      'trajectory "q4-given": it looks at nothing',
      expect.stringMatching(/^no\.mp4: there is no video "no\.mp4" in /),
    ]);
    const kept = [...store.objects].find(([key]) => key.endsWith('left-out.txt'))?.[1];
    expect(Buffer.from(kept!).toString().trimEnd().split('\n')).toEqual(material.leftOut);
    expect(
      parseLines([...store.objects].find(([key]) => key.endsWith('trajectories.jsonl'))![1]),
    ).toHaveLength(5);
  });

  it('are refused where more than a fifth is missing, counted and named', async () => {
    const many = Array.from({ length: 20 }, (_, i) => question(`m${i}`, `m${i}.mp4`));
    const videos = Array.from({ length: 15 }, (_, i) => `m${i}.mp4`);
    await expect(readTrainingFolders(await pair('missing', { videos, questions: many }))).rejects.toThrow(
      /data\.folders\.train: .*5 of 20 videos cannot be used, more than 20 %:\n {2}m15\.mp4: there is no video/,
    );
    const one = await pair('one-more', { videos: [...videos, 'm15.mp4'], questions: many });
    expect((await readTrainingFolders(one)).train.leftOut).toHaveLength(4);
  });

  it('are refused where a video is in both, under whatever name', async () => {
    const folders = await pair('leak', TRAIN, {
      videos: ['t.mp4'],
      questions: ['t', 'copy', 'hard', 'soft'].map((id) => question(id, `${id}.mp4`)),
    });
    const [from, to] = [path.join(folders.train, 'clips'), path.join(folders.test, 'clips')];
    await copyFile(path.join(from, 'a.mp4'), path.join(to, 'copy.mp4'));
    await link(path.join(from, 'b.mp4'), path.join(to, 'hard.mp4'));
    await symlink(path.join(from, 'b.mp4'), path.join(to, 'soft.mp4'));
    await expect(readTrainingFolders(folders)).rejects.toThrow(
      '3 videos are in both data.folders.train and data.folders.test; what was trained on a video must not be judged by it:\n' +
        '  copy.mp4 of test has the bytes of a.mp4 of train\n' +
        '  hard.mp4 of test has the bytes of b.mp4 of train\n' +
        '  soft.mp4 of test is b.mp4 of train',
    );
  });

  it('are refused where there is none, or nothing to ask', async () => {
    const folders = await pair('empty', TRAIN, { videos: [], questions: [question('t1', 'gone.mp4')] });
    await expect(readTrainingFolders(folders)).rejects.toThrow(
      /data\.folders\.test: .*holds no question that can be asked:\n {2}gone\.mp4: /,
    );
    await expect(readTrainingFolders({ ...folders, test: path.join(root, 'none') })).rejects.toThrow(
      /data\.folders\.test: .*expected a data folder, found nothing/,
    );
  });
});

const CURRICULUM = `name: own
policy:
  engine: torch
  model: { type: tiny }
  prompt: ../configs/prompts/default.yaml
data: { folders: { train: TRAIN, test: TEST } }
stages:
  - { name: DRP-SFT, type: sft, trajectories: { style: drp, count: 2 }, steps: 1, optimizer: { type: adamw, lr: 1e-5 } }
  - { name: CRP-SFT, type: sft, trajectories: { style: crp, count: 2 }, steps: 1, optimizer: { type: adamw, lr: 1e-5 } }
  - { name: RL_c, type: rl, steps: 1, questions: [crop, several], optimizer: { type: adamw, lr: 1e-6 } }
`;

function curriculum(folders: { readonly train: string; readonly test: string }): Curriculum {
  const text = CURRICULUM.replace('TRAIN', folders.train).replace('TEST', folders.test);
  return parseCurriculum(text, path.resolve('tests/own.yaml'));
}

describe('before a run starts', () => {
  it('what the folders hold is counted', async () => {
    const folders = await pair('counted');
    const found = await surveyFolders(curriculum(folders));
    expect(found?.train.counts).toEqual({
      ...{ videos: 2, questions: 5, leftOut: 0 },
      looks: { crop: 2, clip: 1, several: 2 },
      demonstrations: { drp: 3, crp: 2, direct: 5 },
    });
    expect(found?.test.counts).toMatchObject({ questions: 1, looks: { crop: 0, clip: 0, several: 1 } });
  });

  it('a stage that asks for what the folder has not is refused by name, with the count', async () => {
    const folders = await pair('lacking', {
      videos: ['a.mp4', 'b.mp4'],
      questions: TRAIN.questions!,
      trajectories: [trajectory('q2', 'a.mp4', 'drp', [CLIP])],
    });
    const own = curriculum(folders);
    await expect(surveyFolders(own)).rejects.toThrow(
      'the data folders lack what the curriculum asks for:\n' +
        '  stage "CRP-SFT" learns from crp trajectories: train has 0 crp trajectories',
    );
    const onlyCrops = own.stages.map((stage) =>
      stage.type === 'rl' ? { ...stage, questions: ['crop'] as const } : stage,
    );
    await expect(
      surveyFolders({ ...own, stages: onlyCrops, evaluation: { single: 9, several: 0, shown: 1 } }),
    ).rejects.toThrow(
      /stage "RL_c" asks questions of the kinds crop: train has 0 such questions\n {2}the evaluation asks 9 questions of one look and 0 of several: test has 0 and 1/,
    );
  });

  it('a curriculum on a world has nothing to survey', async () => {
    const world = { world: { seed: 1, train: part(1), validation: part(1), test: part(1) } };
    const evaluation = { single: 1, several: 1, shown: 1 };
    expect(await surveyFolders({ data: world, stages: [], evaluation })).toBeNull();
  });
});

function part(videos: number) {
  return { videos, questionsPerVideo: 8 };
}

describe('a curriculum file', () => {
  it('names folders from where it stands', () => {
    expect(curriculum({ train: '../data/m4', test: '/data/m4-test' }).data).toEqual({
      folders: { train: path.resolve('data/m4'), test: '/data/m4-test' },
    });
  });

  it('may not give the embedded policy folders, nor have both, nor neither', () => {
    const embedded = CURRICULUM.replace(/ {2}engine: torch\n.*\n.*\n/, '  base: { type: fresh }\n');
    expect(() => parseCurriculum(embedded, 'my.yaml')).toThrow(
      /my\.yaml:4:\d+: `data\.folders` is for the torch engine: the embedded policy sees videos of eight seconds/,
    );
    const both = CURRICULUM.replace(
      'data: {',
      'data: { world: { train: { videos: 1 }, test: { videos: 1 } },',
    );
    expect(() => parseCurriculum(both, 'my.yaml')).toThrow(
      '`data`: expected either world (rendered here) or folders (your own data), got both',
    );
    const neither = CURRICULUM.replace(/data: .*/, 'data: {}');
    expect(() => parseCurriculum(neither, 'my.yaml')).toThrow('got neither');
    const half = CURRICULUM.replace(', test: TEST', '');
    expect(() => parseCurriculum(half, 'my.yaml')).toThrow('`data.folders.test` is missing: expected text');
    const wrong = CURRICULUM.replace('train: TRAIN', 'trian: TRAIN');
    expect(() => parseCurriculum(wrong, 'my.yaml')).toThrow(/unknown key `trian`.*did you mean "train"/);
  });
});
