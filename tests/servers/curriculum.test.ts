import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import type { RunReport } from '../../activities/contract.js';
import { loadCurriculum } from '../../configs/load.js';
import { withSession } from '../../infra/client/session.js';
import { homeAt } from '../../infra/home/home.js';
import { readSettings } from '../../infra/home/settings.js';
import { down } from '../../infra/services/down.js';
import { LOOPBACK } from '../../infra/services/ports.js';
import { markedProcesses } from '../../infra/services/processes.js';
import { livingSupervisor } from '../../infra/services/status.js';
import { stageWorkflowId, type RunStatus } from '../../workflows/messages.js';
import { CommandLine, STACK_TRACE } from '../support/command-line.js';
import { Killing } from '../support/killing.js';

/** Whole runs, by the real command line on real servers with real workers, in a home of their own. */
const home = homeAt(mkdtempSync(join(tmpdir(), 'rc-')));
const ruminate = new CommandLine(home);
const TINY = join(import.meta.dirname, '..', '..', 'configs', 'tiny.yaml');
/** For a whole run on a machine that is busy; an idle one takes two to three minutes. */
const RUN_MS = 20 * 60_000;
const scratch = mkdtempSync(join(tmpdir(), 'rc-files-'));
const killing = new Killing(home, RUN_MS / 2);

afterAll(async () => {
  ruminate.stop();
  await down({ home });
  rmSync(home.root, { recursive: true, force: true });
  rmSync(scratch, { recursive: true, force: true });
});

describe('ruminate run configs/tiny.yaml', () => {
  it(
    'trains all stages to their end, and the last policy answers more than its base by ten points',
    async () => {
      const { code, stdout, stderr } = await ruminate.run('run', TINY, '--name', 'one', '--watch');
      expect(code, stderr).toBe(0);
      expect(stdout).toContain('after RL_c');
      const report = await ruminate.json<RunReport>('report', 'one');
      expect(report.stages.map(({ stage }) => stage)).toEqual(['DRP-SFT', 'RL_d', 'CRP-SFT', 'RL_c']);
      const { majority, direct, base } = report.baselines;
      for (const row of [...report.stages, majority, direct, base]) {
        expect(row?.n).toBe(report.stages[0]?.n);
        expect(row?.ci95[0]).toBeLessThanOrEqual(row?.accuracy ?? -1);
        expect(row?.ci95[1]).toBeGreaterThanOrEqual(row?.accuracy ?? 2);
      }
      const risen = (report.stages.at(-1)?.accuracy ?? 0) - base.accuracy;
      expect(risen).toBeGreaterThanOrEqual(0.1);
    },
    RUN_MS,
  );

  it('leaves a checkpoint of every stage whose manifest and bytes are in MinIO', async () => {
    const { state, stages } = await ruminate.json<RunStatus>('status', 'one');
    expect(state).toBe('completed');
    const { stages: wanted } = await loadCurriculum(TINY);
    expect(stages.map(({ stage, step }) => [stage, step])).toEqual(wanted.map((s) => [s.name, s.steps]));
    await withSession(home, async ({ store }) => {
      for (const { stage, state, checkpoint } of stages) {
        expect(state, stage).toBe('completed');
        if (checkpoint === null) throw new Error(`${stage} has no checkpoint`);
        const { manifest, weights, uri, sha256 } = checkpoint;
        expect(manifest.uri).toMatch(/\/MANIFEST\.json$/);
        const { parts } = JSON.parse(Buffer.from(await store.get(manifest)).toString()) as Manifest;
        expect(parts['weights.safetensors'], stage).toEqual(weights);
        expect(weights).toMatchObject({ uri, sha256 });
        const bytes = await store.get(weights);
        expect(createHash('sha256').update(bytes).digest('hex'), stage).toBe(sha256);
      }
    });
  });

  it('exports the last policy as a folder whose weights are those of its checkpoint, and overwrites nothing foreign', async () => {
    const { stages } = await ruminate.json<RunStatus>('status', 'one');
    const folder = join(scratch, 'policy');
    const told = await ruminate.json<{ file: string; sha256: string }>('export', 'one', '--out', folder);
    expect(told).toMatchObject({
      run: 'one',
      stage: 'RL_c',
      folder,
      file: join(folder, 'model.safetensors'),
    });
    const bytes = readFileSync(told.file);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(told.sha256);
    expect(told.sha256).toBe(stages.find(({ stage }) => stage === 'RL_c')?.checkpoint?.sha256);
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain(told.sha256);
    const alone = join(scratch, 'alone.safetensors');
    await ruminate.json('export', 'one', '--out', alone);
    expect(readFileSync(alone).equals(bytes)).toBe(true);
    const refused = await ruminate.run('export', 'one', '--out', scratch);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('nothing was written');
  });

  it('accounts for every prompt of every RL step', async () => {
    const { stages } = await loadCurriculum(TINY);
    const planned = stages.flatMap((s) => (s.type === 'rl' ? [s.steps * s.questionsPerStep] : []));
    const { ledger } = await ruminate.json<RunReport>('report', 'one');
    const others = [...Object.values(ledger.filtered), ...Object.values(ledger.quarantined)];
    expect(ledger.sampled).toBe(sum(planned));
    expect(ledger.sampled).toBe(ledger.trained + sum(others));
  });

  it(
    'ends by itself with the same bytes and tables when workers are killed at work, and MinIO and Temporal too',
    async () => {
      let over = false;
      const ended = ruminate.run('run', TINY, '--name', 'two', '--watch').finally(() => (over = true));
      const { stages } = await loadCurriculum(TINY);
      const ids = ['two', ...stages.map(({ name }) => stageWorkflowId('two', name))];
      const restarted = async (): Promise<void> => {
        await killing.atWork('cpu', ids, () => over);
        await killing.atWork('gpu-train', ids, () => over);
        await killing.service('minio');
        await killing.atWork('gpu-rollout', ids, () => over);
        await killing.service('temporal');
        await killing.atWork('gpu-train', ids, () => over);
      };
      const [{ code, stderr }] = await Promise.all([ended, restarted()]);
      expect(code, stderr).toBe(0);
      const [one, two] = [await weightsOf('one'), await weightsOf('two')];
      expect(two).toEqual(one);
      const reports = [
        await ruminate.json<RunReport>('report', 'one'),
        await ruminate.json<RunReport>('report', 'two'),
      ] as const;
      expect(reports[1].stages).toEqual(reports[0].stages);
      expect(reports[1].baselines).toEqual(reports[0].baselines);
      expect(reports[1].ledger).toEqual(reports[0].ledger);
    },
    RUN_MS,
  );

  it('shows the complete run when the same name is asked for again', async () => {
    const { code, stdout, stderr } = await ruminate.run('run', TINY, '--name', 'one', '--watch');
    expect(code).toBe(0);
    expect(stderr).toContain('The run "one" is complete');
    expect(stdout).toContain('after RL_c');
  });
});

describe('bad input', () => {
  it('names the line of a wrong key and the nearest right one, and starts nothing', async () => {
    const file = join(scratch, 'wrong.yaml');
    const lines = readFileSync(TINY, 'utf8').replace('questionsPerStep', 'questionPerStep').split('\n');
    writeFileSync(file, lines.join('\n'));
    const line = lines.findIndex((text) => text.includes('questionPerStep')) + 1;
    const { code, stdout, stderr } = await ruminate.run('run', file, '--name', 'wrong');
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(`${file}:${line}`);
    expect(stderr).toContain('questionsPerStep');
    expect(stderr).not.toMatch(STACK_TRACE);
    expect((await ruminate.run('status', 'wrong')).code).toBe(2);
  });

  it.each([
    ['is truncated', (video: Buffer) => video.subarray(0, video.length / 2)],
    ['is empty', () => Buffer.alloc(0)],
    ['is a text', () => Buffer.from('This is no video.\n'.repeat(100))],
  ])('says which video cannot be read when it %s', async (_, damage) => {
    const file = join(scratch, 'damaged.mp4');
    writeFileSync(file, damage(readFileSync(await anyVideo())));
    const { code, stdout, stderr } = await ruminate.run('ask', file, 'What can you read on the sign?');
    expect(code).not.toBe(0);
    expect(stdout).toBe('');
    expect(stderr.split(file)).toHaveLength(2);
    expect(stderr).not.toMatch(STACK_TRACE);
  });

  it('brings MinIO back when it is killed, and reports what it kept', async () => {
    await killing.service('minio');
    expect((await ruminate.json<RunReport>('report', 'one')).run).toBe('one');
  });

  it('leaves no process after down, and says what to type to whoever asks then', async () => {
    expect((await ruminate.run('down')).code).toBe(0);
    expect(markedProcesses(home.root)).toEqual([]);
    expect(livingSupervisor(home)).toBeNull();
    const { code, stderr } = await ruminate.run('status', 'one');
    expect(code).toBe(2);
    expect(stderr).toContain('ruminate up');
    expect(stderr).not.toMatch(STACK_TRACE);
  });

  it('names a port that is taken when the services start, and leaves no process', async () => {
    const port = readSettings(home)?.ports.minio ?? 0;
    const stranger = createServer();
    await new Promise<void>((resolve) => stranger.listen(port, LOOPBACK, resolve));
    try {
      const { code, stderr } = await ruminate.run('up');
      expect(code).toBe(2);
      expect(stderr).toContain(`port ${port} ("ports.minio")`);
      expect(stderr).not.toMatch(STACK_TRACE);
    } finally {
      await new Promise((resolve) => stranger.close(resolve));
    }
    expect(markedProcesses(home.root)).toEqual([]);
  });
});

interface Manifest {
  readonly parts: Readonly<Record<string, unknown>>;
}

async function weightsOf(run: string): Promise<readonly (readonly [string, string | undefined])[]> {
  const { stages } = await ruminate.json<RunStatus>('status', run);
  return stages.map(({ stage, checkpoint }) => [stage, checkpoint?.sha256]);
}

async function anyVideo(): Promise<string> {
  const dir = join(scratch, 'world');
  const { code, stderr } = await ruminate.run('data', 'world', '--out', dir, '--videos', '1', '--seed', '3');
  expect(code, stderr).toBe(0);
  return join(dir, 'videos', '000000.mp4');
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
