import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseJson } from '../../activities/datasets.js';
import { computeReport, createWriteReport } from '../../activities/report.js';
import { showRollouts, spread } from '../../activities/report-rollouts.js';
import { majorityBaseline } from '../../domain/metrics/majority.js';
import { pairedDifference } from '../../domain/metrics/paired.js';
import { summarise } from '../../domain/metrics/summary.js';
import type { SampleRun } from './sample-run.js';
import { sampleRun } from './sample-run.js';

let dir: string;
let sample: SampleRun;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ruminate-report-'));
  sample = await sampleRun(dir);
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe('the report of a run', () => {
  test('holds for every stage and baseline the row that domain/metrics gives', async () => {
    const { report } = await createWriteReport(sample.deps)(sample.input);
    const row = (stage: string) => summarise(stage, sample.graded.get(stage) ?? []);
    expect(report.stages).toEqual(['DRP-SFT', 'RL_d', 'CRP-SFT', 'RL_c'].map(row));
    expect(report.baselines.direct).toEqual(row('direct'));
    expect(report.baselines.base).toEqual(row('base'));
    expect(report.baselines.majority).toEqual(
      majorityBaseline(sample.trainQuestions, sample.graded.get('base') ?? []),
    );
    expect(report.stages.map(({ n }) => n)).toEqual([24, 24, 24, 24]);
    expect(report.stages[3]?.accuracy).toBeCloseTo(20 / 24);
  });

  test('compares each RL stage with the stage it started from, question by question', async () => {
    const { report } = await createWriteReport(sample.deps)(sample.input);
    const right = (stage: string) => (sample.graded.get(stage) ?? []).map(({ correct }) => correct);
    const difference = (before: string, after: string) => {
      const { delta, ci95 } = pairedDifference(
        right(before).map((was, index) => ({ before: was, after: right(after)[index] === true })),
      );
      return { stage: after, delta, ci95 };
    };
    expect(report.effects).toEqual([difference('DRP-SFT', 'RL_d'), difference('CRP-SFT', 'RL_c')]);
  });

  test('is put into the store as JSON and as a page, the same bytes each time', async () => {
    const first = await createWriteReport(sample.deps)(sample.input);
    const second = await createWriteReport(sample.deps)(sample.input);
    expect(second).toEqual(first);
    expect(first.json.uri).toMatch(/runs\/sample-run\/report\/report\.json$/);
    expect(parseJson(await sample.store.get(first.json))).toEqual(first.report);
  });

  test('refuses a run without an evaluation of the base, and says what it got', () => {
    const evaluations = new Map([['RL_c', sample.graded.get('RL_c') ?? []]]);
    expect(() => computeReport(sample.input, evaluations, [], {})).toThrow(
      'run sample-run: expected an evaluation of "base", got RL_c',
    );
  });
});

describe('the rollouts shown', () => {
  test('come in turn from every task, right and wrong', () => {
    const all = sample.graded.get('RL_d') ?? [];
    const kinds = (list: typeof all) => new Set(list.map(({ task, correct }) => `${task} ${correct}`));
    expect(kinds(spread(all, kinds(all).size))).toEqual(kinds(all));
    expect(spread(all, 100)).toHaveLength(all.length);
    expect(new Set(spread(all, 100)).size).toBe(all.length);
  });

  test('carry the overview as the policy saw it, and crops at native resolution', async () => {
    const crop = (sample.graded.get('RL_c') ?? []).filter(({ task }) => task === 'read').slice(0, 1);
    const [shown] = await showRollouts(sample.deps.renderer, crop, 1);
    const strip = await sharp(shown?.overview?.png).metadata();
    expect([strip.width, strip.height]).toEqual([8 * 32, 18]);
    const look = shown?.turns[0]?.looks[0];
    const [x1, y1, x2, y2] = look?.box01 ?? [0, 0, 0, 0];
    const frame = await sharp(look?.picture).metadata();
    expect([frame.width, frame.height]).toEqual([256, 144]);
    const region = await sharp(look?.region ?? undefined).metadata();
    expect(region.width).toBe(Math.ceil(x2 * 256) - Math.floor(x1 * 256));
    expect(region.height).toBe(Math.ceil(y2 * 144) - Math.floor(y1 * 144));
  });

  test('are drawn at the rate at which their frames are numbered', async () => {
    const [one] = (sample.graded.get('RL_c') ?? []).filter(({ task }) => task === 'read');
    if (one === undefined) throw new Error('the sample has no rollouts');
    const [shown] = await showRollouts(sample.deps.renderer, [one], 1);
    // At two a second, what was frame f is frame 2f − 1.
    const text = JSON.stringify(one.rollout.turns).replaceAll(
      /"frame":(\d+)/g,
      (_, frame) => `"frame":${2 * Number(frame) - 1}`,
    );
    const rollout = { ...one.rollout, turns: JSON.parse(text) as typeof one.rollout.turns };
    const twice = { ...one, rollout, shown: { fps: 2, frames: [1, 9] } };
    const [again] = await showRollouts(sample.deps.renderer, [twice], 1);
    expect(again?.turns[0]?.looks[0]?.picture).toEqual(shown?.turns[0]?.looks[0]?.picture);
    expect(again?.turns[0]?.looks[0]?.region).toEqual(shown?.turns[0]?.looks[0]?.region);
  });

  test('show of a long overview what a page has room for, from all over it', async () => {
    const [one] = sample.graded.get('RL_c') ?? [];
    if (one === undefined) throw new Error('the sample has no rollouts');
    const frames = Array.from({ length: 64 }, (_, i) => i + 1);
    const [shown] = await showRollouts(sample.deps.renderer, [{ ...one, shown: { fps: 8, frames } }], 1);
    expect(shown?.overview?.frames).toEqual(Array.from({ length: 16 }, (_, i) => 4 * i + 3));
    const strip = await sharp(shown?.overview?.png).metadata();
    expect([strip.width, strip.height]).toEqual([16 * 96, 54]);
  });

  test('say why there is no picture where a video has gone', async () => {
    const [one] = sample.graded.get('RL_c') ?? [];
    if (one === undefined) throw new Error('the sample has no rollouts');
    const [shown] = await showRollouts(sample.deps.renderer, [{ ...one, video: 'videos/gone.mp4' }], 1);
    expect(shown?.overview).toBeNull();
    expect(shown?.trouble).toContain('gone.mp4');
    expect(shown?.turns).toHaveLength(one.rollout.turns.length);
  });
});
