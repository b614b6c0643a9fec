import { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TASK_QUEUES, type PrepareFoldersInput } from '../../activities/contract.js';
import { BugFailure, DataFailure } from '../../domain/failures.js';
import type { CurriculumInput, curriculum } from '../../workflows/curriculum.js';
import { statusQuery } from '../../workflows/messages.js';
import { checkpoint, fakes } from './support/fakes.js';
import { fourStages, startHarness, twoStages, type Harness } from './support/harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

let number = 0;
function input(more: Partial<CurriculumInput> = {}): CurriculumInput {
  return { run: `run-${++number}`, curriculum: twoStages(), baseWeights: null, ...more };
}

function start(given: CurriculumInput) {
  return harness.client.workflow.start<typeof curriculum>('curriculum', {
    taskQueue: TASK_QUEUES.curriculum,
    workflowId: given.run,
    args: [given],
  });
}

describe('a curriculum', { timeout: 180_000 }, () => {
  it('runs its stages in order, each from the policy that it names, baselines last, and reports once', async () => {
    const { activities, calls } = fakes();
    const given = input({ curriculum: fourStages() });
    const result = await harness.withWorkers(activities, async () => {
      const handle = await start(given);
      const result = await handle.result();
      expect((await handle.query(statusQuery)).state).toBe('completed');
      return result;
    });

    const trained = calls.order.filter((what) => !what.includes('synthesize'));
    expect(trained).toEqual([
      ...['DRP-SFT train 0-2', 'DRP-SFT train 2-4', 'DRP-SFT train 4-5'],
      ...['RL_d update 1', 'RL_d update 2', 'RL_d update 3'],
      'CRP-SFT train 0-2',
      ...['RL_c update 1', 'RL_c update 2'],
      ...['direct train 0-2', 'direct train 2-4'],
      'report',
    ]);
    const starts = [...calls.supervised, ...calls.rl]
      .filter(({ at, stage }) => at.step === (stage.type === 'rl' ? 0 : Math.min(2, stage.steps)))
      .map((call) => [call.stage.name, call.checkpoint.weights.sha256]);
    expect(Object.fromEntries(starts)).toEqual({
      'DRP-SFT': 'base@0',
      RL_d: 'DRP-SFT@5',
      'CRP-SFT': 'RL_d@3',
      RL_c: 'CRP-SFT@2',
      direct: 'base@0',
    });
    expect(calls.rl.filter(({ stage }) => stage.name === 'RL_d').map((call) => call.reference)).toEqual(
      Array(3).fill(checkpoint('DRP-SFT', 5)),
    );
    expect(calls.reports).toHaveLength(1);
    expect(calls.reports[0]!.evaluations.map(({ stage, graded }) => [stage, graded.length])).toEqual(
      ['base', 'DRP-SFT', 'RL_d', 'CRP-SFT', 'RL_c', 'direct'].map((stage) => [stage, 2]),
    );
    expect(result.ledger).toEqual({ sampled: 32, trained: 24, filtered: { uniform: 8 }, quarantined: {} });
    expect(calls.records.map(({ stage, step }) => `${stage} ${step}`)).toEqual([
      ...['DRP-SFT 2', 'DRP-SFT 4', 'DRP-SFT 5'],
      ...['RL_d 1', 'RL_d 2', 'RL_d 3', 'CRP-SFT 2', 'RL_c 1', 'RL_c 2', 'direct 2', 'direct 4'],
    ]);
    expect(calls.records[3]!.metrics).toMatchObject({ reward: 0.5, accuracy: 0.25, turns: 2, kl: 0.1 });
  });

  it('learns from data folders, and is judged by them', async () => {
    const asked: PrepareFoldersInput[] = [];
    const { activities, calls } = fakes();
    const { prepareFolders } = activities;
    const folders = { train: '/data/shop', test: '/data/shop-test' };
    const given = input({ curriculum: { ...twoStages(), data: { folders } } });
    await harness.withWorkers(
      {
        ...activities,
        prepareFolders: (what: PrepareFoldersInput) => (asked.push(what), prepareFolders(what)),
        prepareData: () => Promise.reject(new BugFailure('a world was asked for')),
      },
      async () => (await start(given)).result(),
    );
    expect(asked).toEqual([{ run: given.run, folders }]);
    const shardsOf = (split: string) => calls.sampled.filter(({ shard }) => shard.data.split === split);
    expect(new Set(calls.sampled.map(({ shard }) => shard.data.ref.uri)).size).toBe(2);
    expect(shardsOf('train').every(({ shard }) => !shard.at.stage.startsWith('evaluation'))).toBe(true);
    expect(shardsOf('test').length).toBeGreaterThan(0);
    expect(shardsOf('test').every(({ shard }) => shard.at.stage.startsWith('evaluation'))).toBe(true);
  });

  it('lets each step use the policy that the step before it left', async () => {
    const { activities, calls } = fakes();
    await harness.withWorkers(activities, async () => (await start(input())).result());
    const policies = (stage: string): Record<number, readonly string[]> => {
      const by: Record<number, string[]> = {};
      for (const { shard } of calls.sampled.filter(({ shard }) => shard.at.stage === stage))
        (by[shard.at.step] ??= []).push(shard.checkpoint.weights.sha256);
      return Object.fromEntries(Object.entries(by).map(([step, names]) => [step, [...new Set(names)]]));
    };
    expect(policies('RL_d')).toEqual({ 0: ['DRP-SFT@5'], 1: ['RL_d@1'], 2: ['RL_d@2'] });
    expect(policies('evaluation/RL_d')).toEqual({ 3: ['RL_d@3'] });
  });

  it('gives the same bytes to do when stages continue as new after every step', async () => {
    const whole = fakes();
    const pieces = fakes();
    await harness.withWorkers(whole.activities, async () => (await start(input({ run: 'one' }))).result());
    const result = await harness.withWorkers(pieces.activities, async () => {
      const handle = await start(input({ run: 'pieces', historyLimit: 60 }));
      const result = await handle.result();
      const stage = await harness.client.workflow.getHandle('pieces/RL_d').describe();
      expect(stage.raw.workflowExecutionInfo?.firstRunId).not.toBe(stage.runId);
      return result;
    });
    const inputs = (calls: typeof whole.calls) =>
      JSON.stringify([
        calls.supervised,
        calls.rl,
        calls.records.map(({ timeMs: _, ...rest }) => rest),
      ]).replaceAll('"pieces"', '"one"');
    expect(inputs(pieces.calls)).toBe(inputs(whole.calls));
    expect(result.ledger.sampled).toBe(24);
  });

  it('stops cleanly when cancelled: the last checkpoint stands, nothing later is trained', async () => {
    let reached: () => void;
    const training = new Promise<void>((resolve) => (reached = resolve));
    let release: () => void;
    const held = new Promise<void>((resolve) => (release = resolve));
    const { activities, calls } = fakes();
    const trainRl = activities.trainRl.bind(activities);
    const slow = {
      ...activities,
      trainRl: async (given: Parameters<typeof trainRl>[0]) => {
        if (given.at.step === 1) {
          reached();
          await held;
        }
        return trainRl(given);
      },
    };
    const given = input();
    await harness.withWorkers(slow, async () => {
      const handle = await start(given);
      await training;
      await handle.cancel();
      release();
      await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError);
      expect((await handle.describe()).status.name).toBe('CANCELLED');
      const status = await handle.query(statusQuery);
      expect(status.state).toBe('cancelled');
      expect(status.stages.map(({ stage, state, step }) => [stage, state, step])).toEqual([
        ['DRP-SFT', 'completed', 5],
        ['RL_d', 'cancelled', 2],
      ]);
      expect(status.stages[1]!.checkpoint).toMatchObject({ sha256: 'RL_d@2', uri: 's3://test/RL_d@2' });
    });
    expect(calls.order.at(-1)).toBe('RL_d update 2');
  });

  it('tries infrastructure failures again, and stops at once with its name for a bug', async () => {
    let failures = 0;
    const flaky = fakes();
    const { synthesize } = flaky.activities;
    flaky.activities.synthesize = async (given) => {
      if (failures++ < 2) throw new Error('connect ECONNREFUSED');
      return synthesize(given);
    };
    flaky.activities.trainSupervised = async () => {
      throw new BugFailure('loss is NaN in step 1');
    };
    await harness.withWorkers(flaky.activities, async () => {
      const handle = await start(input());
      await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError);
      const status = await handle.query(statusQuery);
      expect(status).toMatchObject({ state: 'failed', reason: 'loss is NaN in step 1' });
      expect(status.stages[0]).toMatchObject({
        stage: 'DRP-SFT',
        state: 'failed',
        step: 0,
        checkpoint: null,
      });
    });
    expect(failures).toBeGreaterThanOrEqual(6);
    expect(flaky.calls.order.filter((what) => what.includes('update'))).toEqual([]);
  });

  it('puts the prompts of a bad video in quarantine, goes on, and still adds up', async () => {
    const bad = fakes();
    const { scoreShard } = bad.activities;
    bad.activities.scoreShard = async (given) => {
      if (given.shard.at.step === 0 && given.shard.shard === 1)
        throw new DataFailure('000003.mp4 is truncated');
      return scoreShard(given);
    };
    const result = await harness.withWorkers(bad.activities, async () => (await start(input())).result());
    expect(result.ledger).toEqual({
      sampled: 24,
      trained: 15,
      filtered: { uniform: 5 },
      quarantined: { data: 4 },
    });
    expect(bad.calls.rl[0]!.scored).toHaveLength(1);
    expect(bad.calls.rl[1]!.scored).toHaveLength(2);
  });

  it('puts the prompts in quarantine that left no room for a message', async () => {
    const wordy = fakes();
    const { scoreShard } = wordy.activities;
    wordy.activities.scoreShard = async (given) => {
      const scored = await scoreShard(given);
      if (given.shard.at.step !== 0 || given.shard.shard !== 1) return scored;
      return { ...scored, groupsUniform: 0, groupsOutgrown: 1 };
    };
    const result = await harness.withWorkers(wordy.activities, async () => (await start(input())).result());
    expect(result.ledger).toMatchObject({ filtered: { uniform: 5 }, quarantined: { context: 1 } });
  });

  it('stops and says so when too many prompts are in quarantine', async () => {
    const bad = fakes({
      scoreShard: async () => {
        throw new DataFailure('000003.mp4 is truncated');
      },
    });
    await harness.withWorkers(bad.activities, async () => {
      const handle = await start(input());
      await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError);
      expect((await handle.query(statusQuery)).reason).toMatch(/RL_d: 8 of 24 prompts are in quarantine/);
    });
  });

  it('waits for a person when what shapes the bytes has changed between two stages', async () => {
    const changing = fakes();
    let asked = 0;
    changing.activities.fingerprint = async () => ({
      parts: { ffmpeg: asked++ < 2 ? '8.1.1' : '5.1.9' },
    });
    await harness.withWorkers(changing.activities, async () => {
      const handle = await start(input());
      await expect
        .poll(async () => (await handle.query(statusQuery)).state, { timeout: 10_000 })
        .toBe('needs-attention');
      const status = await handle.query(statusQuery);
      expect(status.reason).toContain('ffmpeg: 8.1.1 → 5.1.9');
      expect(status.stages[1]).toMatchObject({ stage: 'RL_d', state: 'waiting' });
      await handle.signal('acceptChanges');
      await handle.result();
      expect(await handle.query(statusQuery)).toMatchObject({
        state: 'completed',
        madeBy: { ffmpeg: '5.1.9' },
      });
    });
  });

  it('refuses a score that loses prompts', async () => {
    const wrong = fakes();
    const { scoreShard } = wrong.activities;
    wrong.activities.scoreShard = async (given) => ({ ...(await scoreShard(given)), groupsUniform: 0 });
    await harness.withWorkers(wrong.activities, async () => {
      const failure = await (await start(input())).result().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(WorkflowFailedError);
      let cause: unknown = failure;
      while (cause instanceof Error && !(cause instanceof ApplicationFailure)) cause = cause.cause;
      expect(cause).toMatchObject({
        type: 'BugFailure',
        message: expect.stringContaining('do not add up') as string,
      });
    });
  });
});

describe('the turns of a shard', { timeout: 180_000 }, () => {
  it('alternate with looks, stop when all have answered, and end with the forced answer', async () => {
    const { activities, calls } = fakes();
    await harness.withWorkers(activities, async () => (await start(input())).result());
    for (const scored of calls.scored) {
      const longest = Math.max(...scored.shard.questions.map((question) => question % 5));
      const turns = Math.min(longest, 3) + 1;
      expect(scored.turns).toHaveLength(turns);
      expect(scored.observations).toHaveLength(turns - 1);
    }
    const { shard } = calls.scored.find(({ turns }) => turns.length === 4)!;
    const inputs = calls.sampled.filter(
      (call) =>
        call.shard.at.stage === shard.at.stage &&
        call.shard.at.step === shard.at.step &&
        call.shard.shard === shard.shard,
    );
    expect(inputs.map(({ turn, turns, observations }) => [turn, turns.length, observations.length])).toEqual([
      [0, 0, 0],
      [1, 1, 1],
      [2, 2, 2],
      [3, 3, 3],
    ]);
  });
});
