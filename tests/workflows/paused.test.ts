import { WorkflowFailedError } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TASK_QUEUES } from '../../activities/contract.js';
import { MemoryFailure } from '../../domain/failures.js';
import { roomOf, type Room } from '../../domain/memory-room.js';
import type { CurriculumInput, curriculum } from '../../workflows/curriculum.js';
import { ATTRIBUTES, resumeUpdate, statusQuery } from '../../workflows/messages.js';
import { checkpoint, fakes } from './support/fakes.js';
import { startHarness, twoStages, type Harness } from './support/harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

let number = 0;
function start(more: Partial<CurriculumInput> = {}) {
  const given = { run: `paused-${++number}`, curriculum: twoStages(), baseWeights: null, ...more };
  return harness.client.workflow.start<typeof curriculum>('curriculum', {
    taskQueue: TASK_QUEUES.curriculum,
    workflowId: given.run,
    memo: { again: 'ruminate run small.yaml --name small', curriculum: given.curriculum },
    args: [given],
  });
}

type Handle = Awaited<ReturnType<typeof start>>;

const AS_IT_WAS = roomOf(twoStages());
const LESS: Room = { ...AS_IT_WAS, microBatch: 4 };

function resume(handle: Handle, room: Room): Promise<void> {
  const again = 'ruminate run less.yaml --name small';
  return handle.executeUpdate(resumeUpdate, { args: [{ room, file: '/less.yaml', again }] });
}

async function paused(handle: Handle) {
  await expect.poll(async () => (await handle.query(statusQuery)).state, { timeout: 20_000 }).toBe('paused');
  return handle.query(statusQuery);
}

/** A worker that takes over in the middle goes through all of it again, the pauses too. */
async function replays(workflowId: string): Promise<void> {
  const history = await harness.client.workflow.getHandle(workflowId).fetchHistory();
  await Worker.runReplayHistory({ workflowBundle: { code: harness.bundle } }, history, workflowId);
}

/** Fails where `when` says so, until memory is there. */
function shortOfMemory<I, O>(work: (input: I) => Promise<O>, when: (input: I) => boolean) {
  return (input: I): Promise<O> =>
    when(input)
      ? Promise.reject(new MemoryFailure('out of memory: tried to allocate 8 GiB', 'lower microBatch'))
      : work(input);
}

describe('a run that meets out of memory', { timeout: 180_000 }, () => {
  it('waits with its reason, and goes on after its last checkpoint with the settings of then', async () => {
    const { activities, calls } = fakes();
    activities.trainSupervised = shortOfMemory(
      activities.trainSupervised.bind(activities),
      ({ fromStep, compute }) => fromStep === 2 && compute.microBatch > 4,
    );
    await harness.withWorkers(activities, async () => {
      const handle = await start();
      const status = await paused(handle);
      expect(status.reason).toBe(
        'trainSupervised: out of memory: tried to allocate 8 GiB\n' +
          'Lower compute.microBatch (now 64), or free memory on the machine; ' +
          'then: ruminate run small.yaml --name small --accept-changes',
      );
      expect(status.stages[0]).toMatchObject({ state: 'paused', step: 2, secondsLeft: null });
      expect(status.stages[0]!.checkpoint).toMatchObject(checkpoint('DRP-SFT', 2));
      expect(status.endedAtMs).toBeNull();
      const described = await handle.describe();
      expect(described.status.name).toBe('RUNNING');
      expect(described.typedSearchAttributes.get(ATTRIBUTES.state)).toBe('paused');
      expect(described.memo).toMatchObject({ paused: status.reason });
      // What its page in the Temporal UI shows.
      const { currentDetails } = await handle.query<{ currentDetails: string }>(
        '__temporal_workflow_metadata',
      );
      expect(currentDetails).toContain('**paused** · stage DRP-SFT');
      expect(currentDetails).toContain(status.reason);

      await resume(handle, LESS);
      expect((await handle.query(statusQuery)).state).not.toBe('paused');
      await handle.result();
      const over = await handle.query(statusQuery);
      expect(over).toMatchObject({ state: 'completed', reason: null, room: LESS });
      expect(over.roomChanges).toEqual(['DRP-SFT, after step 2: compute.microBatch: 64 → 4']);
      const { memo } = await handle.describe();
      expect(memo).toMatchObject({ file: '/less.yaml', curriculum: { compute: { microBatch: 4 } } });
      expect(memo).not.toHaveProperty('paused');
      await replays(handle.workflowId);
      await replays(`${handle.workflowId}/DRP-SFT`);
    });
    // What was committed is not asked for again, and nothing is left out or recorded twice.
    expect(calls.order.filter((what) => what.startsWith('DRP-SFT train'))).toEqual([
      ...['DRP-SFT train 0-2', 'DRP-SFT train 2-4', 'DRP-SFT train 4-5'],
    ]);
    expect(calls.order.filter((what) => what.includes('synthesize'))).toHaveLength(4);
    expect(calls.records.map(({ stage, step }) => `${stage} ${step}`)).toEqual([
      ...['DRP-SFT 2', 'DRP-SFT 4', 'DRP-SFT 5', 'RL_d 1', 'RL_d 2', 'RL_d 3'],
    ]);
    expect(calls.supervised.map(({ compute }) => compute.microBatch)).toEqual([64, 4, 4]);
    expect(calls.rl.map(({ compute }) => compute.microBatch)).toEqual([4, 4, 4]);
    expect(new Set(calls.sampled.map(({ shard }) => shard.compute.microBatch))).toEqual(new Set([4]));
    expect(calls.reports[0]).toMatchObject({
      roomChanges: ['DRP-SFT, after step 2: compute.microBatch: 64 → 4'],
    });
  });

  it('counts the prompts of a step once, whichever of its parts had no room', async () => {
    const { activities, calls } = fakes();
    let room = false;
    activities.scoreShard = shortOfMemory(
      activities.scoreShard.bind(activities),
      ({ shard }) => !room && shard.at.step === 0 && shard.shard === 1,
    );
    let more = false;
    activities.trainRl = shortOfMemory(
      activities.trainRl.bind(activities),
      ({ at }) => !more && at.step === 1,
    );
    const result = await harness.withWorkers(activities, async () => {
      const handle = await start();
      expect((await paused(handle)).stages[1]).toMatchObject({ stage: 'RL_d', state: 'paused', step: 0 });
      room = true;
      await resume(handle, AS_IT_WAS);
      expect((await paused(handle)).stages[1]).toMatchObject({ state: 'paused', step: 1 });
      more = true;
      await resume(handle, AS_IT_WAS);
      return handle.result();
    });
    expect(result.ledger).toEqual({ sampled: 24, trained: 18, filtered: { uniform: 6 }, quarantined: {} });
    expect(calls.rl.map(({ at }) => at.step)).toEqual([0, 1, 2]);
    expect(calls.reports[0]).not.toHaveProperty('roomChanges');
  });

  it('does so for the base policy and in an evaluation, too, and again where room was still too little', async () => {
    const { activities } = fakes();
    let base = 0;
    activities.startPolicy = shortOfMemory(activities.startPolicy.bind(activities), () => ++base <= 2);
    let evaluation = 0;
    activities.sampleTurn = shortOfMemory(
      activities.sampleTurn.bind(activities),
      ({ shard }) => shard.at.stage === 'evaluation/base' && ++evaluation === 1,
    );
    await harness.withWorkers(activities, async () => {
      const handle = await start();
      await paused(handle);
      await resume(handle, AS_IT_WAS);
      await paused(handle);
      await resume(handle, LESS);
      const { activity, stages } = await paused(handle);
      expect(activity).toBe('evaluating base on 5 held-out questions');
      expect(stages.map(({ state }) => state)).toEqual(['completed', 'completed']);
      await resume(handle, LESS);
      await handle.result();
      expect((await handle.query(statusQuery)).roomChanges).toEqual([
        'preparing videos, questions and the base policy: compute.microBatch: 64 → 4',
      ]);
    });
    expect(base).toBe(3);
  });

  it('can be cancelled while it waits', async () => {
    const { activities, calls } = fakes();
    activities.trainRl = shortOfMemory(activities.trainRl.bind(activities), () => true);
    await harness.withWorkers(activities, async () => {
      const handle = await start();
      await paused(handle);
      await handle.cancel();
      await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError);
      expect((await handle.describe()).status.name).toBe('CANCELLED');
      const status = await handle.query(statusQuery);
      expect(status).toMatchObject({ state: 'cancelled', reason: null });
      expect(status.stages.map(({ state }) => state)).toEqual(['completed', 'cancelled']);
    });
    expect(calls.reports).toEqual([]);
  });

  it('looks at what shapes the bytes again before it goes on', async () => {
    const { activities } = fakes();
    let room = false;
    activities.trainRl = shortOfMemory(activities.trainRl.bind(activities), () => !room);
    activities.fingerprint = async () => ({ parts: { torch: room ? '2.16' : '2.15' } });
    await harness.withWorkers(activities, async () => {
      const handle = await start();
      await paused(handle);
      room = true;
      await resume(handle, AS_IT_WAS);
      await expect
        .poll(async () => (await handle.query(statusQuery)).state, { timeout: 20_000 })
        .toBe('needs-attention');
      expect((await handle.query(statusQuery)).reason).toContain('torch: 2.15 → 2.16');
      await handle.signal('acceptChanges');
      await handle.result();
    });
  });
});
