import { WorkflowFailedError } from '@temporalio/client';
import { ActivityFailure, ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TASK_QUEUES } from '../../activities/contract.js';
import { DataFailure } from '../../domain/failures.js';
import { curationStatusQuery, type curate, type CurateInput } from '../../workflows/curate.js';
import { curateInput, curationFakes } from './support/curation-fakes.js';
import { startHarness, type Harness } from './support/harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

function start(input: CurateInput) {
  return harness.client.workflow.start<typeof curate>('curate', {
    taskQueue: TASK_QUEUES.curriculum,
    workflowId: input.name,
    args: [input],
  });
}

/** Executions from the first to the last, each of which went on as the next. */
async function executionsOf(name: string): Promise<number> {
  let count = 0;
  for await (const _ of harness.client.workflow.list({ query: `WorkflowId = "${name}"` })) count++;
  return count;
}

const FOLDER = { videos: 11, broken: [4], known: [2, 9] };

describe('a curation', { timeout: 120_000 }, () => {
  it('writes the same, and has counted the same, when it continues as new after every batch', async () => {
    const whole = curationFakes(FOLDER);
    const pieces = curationFakes(FOLDER);
    await harness.withWorkers(whole.activities, async () =>
      (await start(curateInput('whole', { batchVideos: 2 }))).result(),
    );
    await harness.withWorkers(pieces.activities, async () => {
      await (await start(curateInput('pieces', { batchVideos: 2, historyLimit: 1 }))).result();
    });
    expect(whole.calls.finished).toHaveLength(1);
    expect(pieces.calls.finished).toEqual(whole.calls.finished);
    expect(pieces.calls.closed).toEqual(whole.calls.closed);
    // Two are under way at a time, and either may be first.
    expect([...pieces.calls.read].sort()).toEqual([...whole.calls.read].sort());
    expect(whole.calls.closed.map(({ batch, done }) => [batch, done.map(({ kind }) => kind)])).toEqual([
      [0, ['done', 'done']],
      [1, ['done', 'done']],
      [2, ['failed', 'done']],
      [3, ['done', 'done']],
      [4, ['done', 'done']],
      [5, ['done']],
    ]);
    expect(await executionsOf('whole')).toBe(1);
    expect(await executionsOf('pieces')).toBe(6);
    await harness.withWorkers(whole.activities, async () => {
      const [one, other] = await Promise.all(
        ['whole', 'pieces'].map((name) => harness.client.workflow.getHandle(name).query(curationStatusQuery)),
      );
      expect(one?.progress).toMatchObject({ done: 10, reused: 2, failed: 1, frames: 30, accepted: 20 });
      expect(other).toEqual({ ...one, name: 'pieces', startedAtMs: other?.startedAtMs });
    });
  });

  it("names a video that cannot be read by the activity's own sentence, and goes on", async () => {
    const { activities, calls } = curationFakes({ videos: 3, broken: [1] });
    await harness.withWorkers(activities, async () => (await start(curateInput('one-broken'))).result());
    expect(calls.closed[0]?.done[1]).toEqual({
      kind: 'failed',
      at: 1,
      why: 'videos/1.mp4: there is no such file',
    });
    expect(calls.read).toHaveLength(3);
  });

  it('stops past the share of broken videos, across continue-as-new, and begins no further one', async () => {
    const { activities, calls } = curationFakes({ videos: 20, broken: [0, 3, 6] });
    const { settings } = curateInput('');
    const strict = { ...settings, videosInFlight: 1, failures: { maxShare: 0.2, atLeast: 3 } };
    const input = curateInput('too-many', { batchVideos: 2, historyLimit: 1, settings: strict });
    const error: unknown = await harness.withWorkers(activities, async () =>
      (await start(input)).result().catch((thrown: unknown) => thrown),
    );
    const { cause } = error as WorkflowFailedError;
    expect(cause).toBeInstanceOf(ApplicationFailure);
    expect((cause as ApplicationFailure).type).toBe(DataFailure.name);
    expect(String(cause)).toContain('3 of the first 7 videos cannot be read, more than 20 %');
    expect(String(cause)).not.toContain('ENOENT');
    expect(Math.max(...calls.read)).toBe(6);
    expect(calls.finished).toEqual([]);
  });

  it('stops when cancelled: what is under way is waited for, and nothing is written', async () => {
    const { activities, calls } = curationFakes({ videos: 4 });
    let reached: () => void;
    const reading = new Promise<void>((resolve) => (reached = resolve));
    let release: () => void;
    const held = new Promise<void>((resolve) => (release = resolve));
    const slow = {
      ...activities,
      readVideoText: async (input: Parameters<typeof activities.readVideoText>[0]) => {
        reached();
        await held;
        return activities.readVideoText(input);
      },
    };
    await harness.withWorkers(slow, async () => {
      const handle = await start(curateInput('cancelled'));
      await reading;
      await handle.cancel();
      release();
      await expect(handle.result()).rejects.toBeInstanceOf(WorkflowFailedError);
      expect((await handle.describe()).status.name).toBe('CANCELLED');
    });
    expect(calls.read.length).toBeLessThanOrEqual(2);
    expect(calls.finished).toEqual([]);
  });

  it('tries again what infrastructure failed at, and stops at once for a mistake of ours', async () => {
    const { activities, calls } = curationFakes({ videos: 2 });
    let failures = 0;
    const flaky = {
      ...activities,
      findCurated: async (input: Parameters<typeof activities.findCurated>[0]) => {
        if (failures++ < 2) throw new Error('connect ECONNREFUSED');
        return activities.findCurated(input);
      },
    };
    await harness.withWorkers(flaky, async () => (await start(curateInput('flaky'))).result());
    expect([failures, calls.finished.length]).toEqual([3, 1]);
    const wrong = {
      ...activities,
      checkTrajectories: async () => {
        throw ApplicationFailure.nonRetryable('a box of no size', 'BugFailure');
      },
    };
    const error: unknown = await harness.withWorkers(wrong, async () =>
      (await start(curateInput('wrong'))).result().catch((thrown: unknown) => thrown),
    );
    expect((error as WorkflowFailedError).cause).toBeInstanceOf(ActivityFailure);
    expect(calls.finished).toHaveLength(1);
  });
});
