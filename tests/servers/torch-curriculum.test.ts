import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunReport, StepRecord } from '../../activities/contract.js';
import { loadCurriculum } from '../../configs/load.js';
import { withSession } from '../../infra/client/session.js';
import { homeAt } from '../../infra/home/home.js';
import { down } from '../../infra/services/down.js';
import { markedProcesses } from '../../infra/services/processes.js';
import { stageWorkflowId, type RunStatus } from '../../workflows/messages.js';
import { CommandLine, STACK_TRACE } from '../support/command-line.js';
import { Killing } from '../support/killing.js';
import { eventually, torchPythonOf } from '../support/processes.js';
import { python, skipped } from '../torch/support.js';

/** Whole runs of the torch engine, by the real command line on real servers with real workers, in a home of their own. */
const home = homeAt(mkdtempSync(join(tmpdir(), 'rt-home-')));
const ruminate = new CommandLine(home);
const TINY = resolve('configs', 'torch-tiny.yaml');
/** For a whole run on a machine that is busy; an idle one takes about a minute. */
const RUN_MS = 15 * 60_000;
const killing = new Killing(home, RUN_MS / 2);
const scratch = mkdtempSync(join(tmpdir(), 'rt-files-'));

afterAll(async () => {
  ruminate.stop();
  await down({ home });
  rmSync(home.root, { recursive: true, force: true });
  rmSync(scratch, { recursive: true, force: true });
});

describe.skipIf(python.path === null)(`ruminate run configs/torch-tiny.yaml${skipped}`, () => {
  let stages: readonly string[];
  beforeAll(async () => {
    stages = (await loadCurriculum(TINY)).stages.map(({ name }) => name);
  });

  it(
    'trains the paper’s four stages to their end, and shows the table',
    async () => {
      const { code, stdout, stderr } = await ruminate.run('run', TINY, '--name', 'one', '--watch');
      expect(code, stderr).toBe(0);
      expect(stages).toEqual(['DRP-SFT', 'RL_d', 'CRP-SFT', 'RL_c']);
      for (const stage of stages) expect(stdout).toContain(`after ${stage}`);
      const report = await ruminate.json<RunReport>('report', 'one');
      expect(report.stages.map(({ stage }) => stage)).toEqual(stages);
      expect(report.madeBy).toMatchObject({ torch: expect.stringMatching(/^\d/) as string });
    },
    RUN_MS,
  );

  it('learns by heart what it is shown, and takes steps from its rollouts', async () => {
    const { stages: ended } = await ruminate.json<RunStatus>('status', 'one');
    const last = new Map(ended.map(({ stage, metrics }) => [stage, metrics]));
    for (const stage of ['DRP-SFT', 'CRP-SFT']) expect(last.get(stage)!['loss']).toBeLessThan(0.5);
    const { ledger } = await ruminate.json<RunReport>('report', 'one');
    const others = [...Object.values(ledger.filtered), ...Object.values(ledger.quarantined)];
    expect(ledger.sampled).toBe(2 * 2 * 2);
    expect(ledger.sampled).toBe(ledger.trained + sum(others));
    expect(ledger.trained).toBeGreaterThan(0);
    // Before its only step the trainer has the weights that sampled; what they compute differently is rounding.
    const stepped = (await seriesOf('one')).filter(({ metrics }) => (metrics['trained'] ?? 0) > 0);
    expect(stepped).not.toEqual([]);
    for (const { stage, metrics } of stepped) {
      expect(metrics['gradNorm'], stage).toBeGreaterThan(0);
      expect(metrics['largestLogRatio'], stage).toBeLessThan(1e-4);
    }
  });

  it(
    'ends with the same bytes and table when Python and its workers are killed at work',
    async () => {
      let over = false;
      const isOver = (): boolean => over;
      const ids = ['two', ...stages.map((name) => stageWorkflowId('two', name))];
      const ended = ruminate.run('run', TINY, '--name', 'two', '--watch').finally(() => (over = true));
      const restarted = async (): Promise<void> => {
        await killing.childAtWork('gpu-train', ids, isOver, torchPythonOf);
        await killing.atWork('gpu-train', ids, isOver);
        await killing.childAtWork('gpu-rollout', ids, isOver, torchPythonOf);
        await killing.atWork('gpu-rollout', ids, isOver);
      };
      const [{ code, stderr }] = await Promise.all([ended, restarted()]);
      expect(code, stderr).toBe(0);
      expect(await weightsOf('two')).toEqual(await weightsOf('one'));
      const [one, two] = [
        await ruminate.json<RunReport>('report', 'one'),
        await ruminate.json<RunReport>('report', 'two'),
      ];
      expect(two.stages).toEqual(one.stages);
      expect(two.baselines).toEqual(one.baselines);
      expect(two.ledger).toEqual(one.ledger);
    },
    RUN_MS,
  );

  it(
    'stops where a conversation has no room, says the sum, and goes on with more',
    async () => {
      const file = join(scratch, 'short.yaml');
      const text = readFileSync(TINY, 'utf8')
        .replace('prompts/', `${resolve('configs', 'prompts')}/`)
        .replace(/\n {2}- name: RL_d[^]*?(?=\nevaluation)/, '')
        .replace('steps: 80', 'steps: 2')
        .replace('single: 2, several: 1', 'single: 1, several: 0');
      writeFileSync(file, text.replace('dtype: fp32', 'dtype: fp32\n  contextTokens: 64'));
      const failed = await ruminate.run('run', file, '--name', 'short', '--watch');
      expect(failed.code).toBe(1);
      expect(failed.stdout + failed.stderr).toMatch(/\d+ tokens.*contextTokens|contextTokens.*64/s);
      expect(failed.stderr).not.toMatch(STACK_TRACE);
      const before = await ruminate.json<RunStatus>('status', 'short');
      expect(before.state).toBe('failed');

      writeFileSync(file, text);
      const refused = await ruminate.run('run', file, '--name', 'short');
      expect(refused.code).toBe(2);
      expect(refused.stderr).toContain('--accept-changes');
      const { code, stderr } = await ruminate.run(
        'run',
        file,
        '--name',
        'short',
        '--accept-changes',
        '--watch',
      );
      expect(code, stderr).toBe(0);
      expect(stderr).toContain('is taken up again');
      const after = await ruminate.json<RunStatus>('status', 'short');
      expect(after.roomChanges).toEqual(["taken up again: policy.contextTokens: 64 → the model's"]);
    },
    RUN_MS,
  );

  it('leaves no process after down, Python’s among them', async () => {
    const pythons = await Promise.all(
      ['gpu-train', 'gpu-rollout'].map(async (role) => torchPythonOf(await killing.pidOf(role))),
    );
    expect(pythons.filter((pid) => pid !== null)).not.toEqual([]);
    expect((await ruminate.run('down')).code).toBe(0);
    expect(markedProcesses(home.root)).toEqual([]);
    for (const pid of pythons)
      if (pid !== null) await eventually(`${pid} has ended`, () => !isAlive(pid), 30_000);
  });
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function weightsOf(run: string): Promise<readonly (readonly [string, string | undefined])[]> {
  const { stages } = await ruminate.json<RunStatus>('status', run);
  return stages.map(({ stage, checkpoint }) => [stage, checkpoint?.sha256]);
}

/** What each step of a run measured, as it is kept. */
async function seriesOf(run: string): Promise<readonly StepRecord[]> {
  return withSession(home, async ({ store }) => {
    const records: StepRecord[] = [];
    for (const key of await store.list(`runs/${run}/`)) {
      if (!key.includes('/series/')) continue;
      const bytes = await store.get((await store.head(key, 'metrics'))!);
      for (const line of Buffer.from(bytes).toString().split('\n').filter(Boolean))
        records.push(JSON.parse(line) as StepRecord);
    }
    return records;
  });
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
