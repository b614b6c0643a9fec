import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { DataSet } from '../../activities/contract.js';
import { parseJson, toJson, toLines, type DataSetManifest } from '../../activities/datasets.js';
import { batchOf } from '../../activities/torch/train-supervised.js';
import type { TrajectoryRecord } from '../../domain/data/records.js';
import { scratch } from './support.js';
import { SmallTorchTraining } from './small-training.js';

// Two videos are drawn and encoded first.
vi.setConfig({ hookTimeout: 300_000 });
const { dir, remove } = scratch();
const training = new SmallTorchTraining(dir);
const { stage } = training;
let world: DataSet;
beforeAll(async () => {
  world = await training.data();
});
afterAll(remove);

function of(
  style: 'drp' | 'crp' | 'direct',
  more: Partial<(typeof stage)['trajectories']> = {},
): typeof stage {
  const name = `${style}-${JSON.stringify(more)}`.replace(/\W/g, '_');
  return {
    ...stage,
    name,
    trajectories: { ...stage.trajectories, style, readingShare: 0, count: 8, ...more },
  };
}

describe('demonstrations of a world', () => {
  it('show what the real video shows for each call, and are the same bytes whenever they are made', async () => {
    const crp = of('crp', { singleToolShare: 0.5 });
    const { ref, count, rejected } = await training.synthesize(world, crp);
    expect([count, rejected]).toEqual([8, {}]);
    const made = await training.demonstrations({ data: world, parts: [ref], count });
    expect(made).toHaveLength(8);
    for (const { opening, said, looked } of made) {
      expect(opening.overview).toHaveLength(2);
      expect(said.at(-1)!.action).toEqual({ tool: 'answer', text: opening.question.answers[0] });
      expect(looked.map((one) => one.kind === 'looks' && one.call)).toEqual(
        said.slice(0, -1).map(({ action }) => action),
      );
      for (const one of looked)
        for (const { ref: picture } of one.kind === 'looks' ? one.pictures : [])
          expect((await training.store.get(picture)).length).toBe(picture.bytes);
    }
    const other = new SmallTorchTraining(dir);
    expect((await other.synthesize(await other.data(), crp)).ref.sha256).toBe(ref.sha256);
  });

  it('learn the choices and the answers, and no box that was moved', async () => {
    const { ref, count } = await training.synthesize(world, of('drp', { count: 24, boxNoise: 0.4 }));
    const made = await training.demonstrations({ data: world, parts: [ref], count });
    expect(made.every(({ said }) => said.at(-1)!.learn)).toBe(true);
    const looks = made.flatMap(({ said }) => said.slice(0, -1));
    // Half of the boxes are moved; clips have none.
    expect(looks.some(({ action, learn }) => action!.tool === 'crop' && learn)).toBe(true);
    expect(looks.some(({ action, learn }) => action!.tool === 'crop' && !learn)).toBe(true);
    expect(looks.some(({ action, learn }) => action!.tool === 'clip' && !learn)).toBe(false);
  });

  it('answer at once where the style is direct', async () => {
    const { ref, count } = await training.synthesize(world, of('direct'));
    const made = await training.demonstrations({ data: world, parts: [ref], count });
    expect(made.every(({ said, looked }) => said.length === 1 && looked.length === 0)).toBe(true);
  });
});

describe('curated demonstrations', () => {
  it('are gone through in turn; what cannot be shown is refused once, with its reason', async () => {
    const [a, b] = [trajectory('a'), trajectory('b', { style: 'crp' })];
    const data = await curated([
      a,
      b,
      trajectory('rate', { fps: 2 }),
      trajectory('frame', {}, 99),
      trajectory('video', { video: 'videos/absent.mp4' }),
      trajectory('long', { turns: [...a.turns.slice(0, 1), ...a.turns.slice(0, 1), ...a.turns] }),
    ]);
    const { ref, count, rejected } = await training.synthesize(data, of('drp', { count: 20 }));
    expect(count).toBe(20);
    expect(Object.values(rejected)).toEqual([1, 1, 1, 1]);
    const reasons = Object.keys(rejected).sort().join('\n');
    expect(reasons).toContain('it numbers frames at 2 a second, the view at 1');
    expect(reasons).toContain('99');
    expect(reasons).toContain('absent.mp4');
    expect(reasons).toContain('it looks 3 times, and policy.maxLooks is 2');
    const made = await training.demonstrations({ data, parts: [ref], count });
    expect(new Set(made.map(({ said }) => said[0]!.thought))).toEqual(new Set(['look at a']));
    expect(made.every(({ said }) => said.every(({ learn }) => learn))).toBe(true);
  });

  it('are shown with the choices of their question', async () => {
    const asked = { id: 'choice', video: 'videos/000000.mp4', question: 'Which?', options: ['41', '42'] };
    const lines = toLines([{ ...asked, task: 'read', looks: 'crop', answers: ['42'], evidence: [] }]);
    const questions = await training.store.put('questions-with-choices', lines, 'questions');
    const plain = await curated([trajectory('a', { questionId: 'choice' })]);
    const data = await described((manifest) => ({ ...manifest, questions }), plain);
    for (const style of ['drp', 'direct'] as const) {
      const { ref, count } = await training.synthesize(data, of(style, { count: 2 }));
      for (const { opening } of await training.demonstrations({ data, parts: [ref], count }))
        expect(opening.question.options).toEqual(['41', '42']);
    }
  });

  it('of a single tool are mixed into crp by their share', async () => {
    const data = await curated([trajectory('a'), trajectory('b', { style: 'crp' })]);
    const thoughts = async (singleToolShare: number): Promise<Set<string | null>> => {
      const { ref, count } = await training.synthesize(data, of('crp', { singleToolShare, count: 16 }));
      const made = await training.demonstrations({ data, parts: [ref], count });
      return new Set(made.map(({ said }) => said[0]!.thought));
    };
    expect(await thoughts(0)).toEqual(new Set(['look at b']));
    expect(await thoughts(0.5)).toEqual(new Set(['look at a', 'look at b']));
  });

  it('that are all refused, or of another style, stop the stage with what was wrong', async () => {
    const slow = await curated([trajectory('a', { fps: 2 }), trajectory('b', { fps: 4 })]);
    await expect(training.synthesize(slow, of('drp', { count: 3 }))).rejects.toThrow(
      /no more demonstrations can be made\. Refused: 1 × it numbers frames at [24] a second.*; 1 × it/,
    );
    const drp = await curated([trajectory('a')]);
    await expect(training.synthesize(drp, of('crp', { count: 3 }))).rejects.toThrow(
      "expected trajectories of style crp, the data set's 1 are of style drp",
    );
  });

  it('are asked for where a folder has no ground truth', async () => {
    const bare = await described((manifest) => ({ ...manifest, scenes: null }));
    await expect(training.synthesize(bare, of('drp', { count: 5 }))).rejects.toThrow(
      'has neither ground truth nor trajectories',
    );
  });
});

describe('the batch of a step', () => {
  it('follows from its names alone, and each pass takes every demonstration once', () => {
    const steps = Array.from({ length: 15 }, (_, step) => batchOf(10, 4, [7, 'SFT'], step));
    expect(batchOf(10, 4, [7, 'SFT'], 9)).toEqual(steps[9]);
    const drawn = steps.flat();
    for (let pass = 0; pass < 6; pass++)
      expect(drawn.slice(10 * pass, 10 * pass + 10).sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(drawn.slice(0, 10)).not.toEqual(drawn.slice(10, 20));
    expect(batchOf(10, 4, [8, 'SFT'], 9)).not.toEqual(steps[9]);
    // A batch that is larger than the set begins the next pass.
    const large = batchOf(3, 7, ['x'], 0);
    expect([large.slice(0, 3).toSorted(), large.slice(3, 6).toSorted()]).toEqual([
      [0, 1, 2],
      [0, 1, 2],
    ]);
  });
});

function trajectory(id: string, more: Partial<TrajectoryRecord> = {}, targetFrame = 3): TrajectoryRecord {
  return {
    id,
    video: 'videos/000000.mp4',
    question: 'What can you read?',
    questionId: null,
    answers: ['42'],
    style: 'drp',
    fps: 1,
    turns: [
      { thought: `look at ${id}`, action: { tool: 'crop', targetFrame, bbox01: [0.1, 0.1, 0.6, 0.6] } },
      { thought: 'There it is.', action: { tool: 'answer', text: '42' } },
    ],
    provenance: { steps: [] },
    ...more,
  };
}

async function curated(records: readonly TrajectoryRecord[]): Promise<DataSet> {
  const name = `trajectories-${records.map(({ id, style, fps }) => `${id}${style}${fps}`).join()}`;
  const trajectories = await training.store.put(name, toLines(records), 'trajectories');
  return described((manifest) => ({ ...manifest, scenes: null, overview: null, trajectories }));
}

/** A data set, described in another way. */
async function described(
  change: (manifest: DataSetManifest) => DataSetManifest,
  from: DataSet = world,
): Promise<DataSet> {
  const body = toJson(change(parseJson<DataSetManifest>(await training.store.get(from.ref))));
  const key = `described-${createHash('sha256').update(body).digest('hex')}`;
  return { ...from, ref: await training.store.put(key, body, 'dataset') };
}
