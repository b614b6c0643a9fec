import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TASK_QUEUES } from '../../activities/contract.js';
import { MemoryFailure } from '../../domain/failures.js';
import { roomOf } from '../../domain/memory-room.js';
import { resolveBinary } from '../../infra/setup/binaries.js';
import type { curate } from '../../workflows/curate.js';
import type { curriculum } from '../../workflows/curriculum.js';
import { resumeUpdate, statusQuery } from '../../workflows/messages.js';
import { curateInput, curationFakes } from './support/curation-fakes.js';
import { fakes } from './support/fakes.js';
import { startHarness, shortStages, type Harness } from './support/harness.js';

const GOLDEN = join(import.meta.dirname, 'golden');
const run = promisify(execFile);

/** Workflow code may change only so that histories that were recorded before can still be gone on with. */
describe('recorded histories', { timeout: 120_000 }, () => {
  let harness: Harness;
  beforeAll(async () => {
    // No workflow is kept in memory: every task replays the whole history.
    harness = await startHarness({ maxCachedWorkflows: 0 });
  });
  afterAll(() => harness.stop());

  it('replay when every task of a run begins without memory', async () => {
    const { activities, calls } = fakes();
    const given = { run: 'replayed', curriculum: shortStages(), baseWeights: null };
    await harness.withWorkers(activities, () =>
      harness.client.workflow.execute<typeof curriculum>('curriculum', {
        taskQueue: TASK_QUEUES.curriculum,
        workflowId: given.run,
        args: [given],
      }),
    );
    const curating = curateInput('curated', { batchVideos: 2 });
    await harness.withWorkers(curationFakes({ videos: 3, broken: [1], known: [2] }).activities, () =>
      harness.client.workflow.execute<typeof curate>('curate', {
        taskQueue: TASK_QUEUES.curriculum,
        workflowId: curating.name,
        args: [curating],
      }),
    );
    const trained = calls.order.filter((what) => !what.includes('synthesize'));
    expect(trained).toEqual(['DRP-SFT train 0-2', 'RL_d update 1', 'report']);
    await pausedAndResumed(harness);
    for (const [name, workflowId] of Object.entries(RECORDED)) {
      const history = await historyOf(harness, workflowId);
      await Worker.runReplayHistory({ workflowBundle: { code: harness.bundle } }, JSON.parse(history));
      if (process.env['RECORD_HISTORIES'] === '1')
        writeFileSync(join(GOLDEN, `${name}.json`), anonymous(history));
    }
  });

  it.each(readdirSync(GOLDEN))('of earlier code replay on the code of today: %s', async (file) => {
    const history: unknown = JSON.parse(readFileSync(join(GOLDEN, file), 'utf8'));
    await Worker.runReplayHistory({ workflowBundle: { code: harness.bundle } }, history);
  });

  it('do not replay on code that does something else', async () => {
    const changed = harness.bundle.replaceAll('train.trainSupervised.', 'train.startPolicy.');
    expect(changed).not.toBe(harness.bundle);
    const history: unknown = JSON.parse(readFileSync(join(GOLDEN, 'stage-sft.json'), 'utf8'));
    await expect(Worker.runReplayHistory({ workflowBundle: { code: changed } }, history)).rejects.toThrow(
      /[Nn]ondetermin/,
    );
  });
});

/** Made anew by: RECORD_HISTORIES=1 npx vitest run tests/workflows/replay.test.ts */
const RECORDED = {
  curriculum: 'replayed',
  'stage-sft': 'replayed/DRP-SFT',
  'stage-rl': 'replayed/RL_d',
  evaluate: 'replayed/evaluation/RL_d',
  curate: 'curated',
  'curriculum-paused': 'paused',
  'stage-resumed': 'paused/RL_d',
};

/** A run that memory runs out in at its only step of RL, and that goes on with a smaller micro-batch. */
async function pausedAndResumed({ client, withWorkers }: Harness): Promise<void> {
  const { activities } = fakes();
  const trainRl = activities.trainRl.bind(activities);
  const short = { ...roomOf(shortStages()), microBatch: 1 };
  activities.trainRl = (input) =>
    input.compute.microBatch > 1
      ? Promise.reject(new MemoryFailure('out of memory: tried to allocate 8 GiB', 'lower microBatch'))
      : trainRl(input);
  await withWorkers(activities, async () => {
    const handle = await client.workflow.start<typeof curriculum>('curriculum', {
      taskQueue: TASK_QUEUES.curriculum,
      workflowId: 'paused',
      args: [{ run: 'paused', curriculum: shortStages(), baseWeights: null }],
    });
    await expect
      .poll(async () => (await handle.query(statusQuery)).state, { timeout: 60_000 })
      .toBe('paused');
    const again = 'ruminate run less.yaml --name paused';
    await handle.executeUpdate(resumeUpdate, { args: [{ room: short, file: '/less.yaml', again }] });
    await handle.result();
  });
}

/** In the CLI's form: what a person would download. */
async function historyOf({ address }: Harness, workflowId: string): Promise<string> {
  const { path } = await resolveBinary('temporal', { build: false });
  const args = ['workflow', 'show', '--address', address, '--workflow-id', workflowId, '--output', 'json'];
  const { stdout } = await run(path, args, { maxBuffer: 64 * 2 ** 20 });
  return stdout;
}

/** Whose machine it was is nobody's business, and no matter to a replay. */
function anonymous(history: string): string {
  return history
    .replaceAll(/"identity": "[^"]*"/g, '"identity": "recorded"')
    .replaceAll(/"stackTrace": "(?:[^"\\]|\\.)*"/g, '"stackTrace": ""');
}
