import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../../activities/contract.js';
import { withSession } from '../../infra/client/session.js';
import { runStatus, type RunStatus, type RunSummary } from '../../infra/client/status.js';
import { homeAt } from '../../infra/home/home.js';
import { down } from '../../infra/services/down.js';
import { CommandLine, STACK_TRACE } from '../support/command-line.js';
import { Killing } from '../support/killing.js';
import { eventually, limitMemory, torchPythonOf } from '../support/processes.js';
import type { CheckpointStatus } from '../../workflows/messages.js';
import { python, skipped } from '../torch/support.js';

/** A Python process that trains meets a limit of its memory, in a run by the real command line on real servers. */
const home = homeAt(mkdtempSync(join(tmpdir(), 'rt-home-')));
const ruminate = new CommandLine(home);
const scratch = mkdtempSync(join(tmpdir(), 'rt-files-'));
const RUN_MS = 10 * 60_000;
/** Of address space: enough to load PyTorch and the tiny model in, and to train on two conversations at once. */
const KIBIBYTES = 4 * 2 ** 20;
const linux = process.platform === 'linux';
const why = linux ? skipped : ' (skipped: only Linux limits a process’s memory)';

const ALL = 128;
const limitFile = join(scratch, 'limit');
const all = join(scratch, 'all.yaml');
const two = join(scratch, 'two.yaml');
const other = join(scratch, 'other.yaml');

function writeFiles(): void {
  const small = join(scratch, 'python');
  // Blocks go back to the system as soon as they are free, so that what is held is what is needed.
  writeFileSync(
    small,
    `#!/bin/sh\n[ -e "${limitFile}" ] && ulimit -v ${KIBIBYTES}\nexport MALLOC_MMAP_THRESHOLD_=1048576\nexec "${python.path}" "$@"\n`,
  );
  chmodSync(small, 0o755);
  process.env['RUMINATE_PYTHON'] = small;
  const text = readFileSync(resolve('configs', 'torch-tiny.yaml'), 'utf8')
    .replace('prompts/', `${resolve('configs', 'prompts')}/`)
    .replace(/\n {2}- name: RL_d[^]*?(?=\nevaluation)/, '')
    .replace(
      /steps: 80\n {4}batchSize: 4\n {4}stepsPerCommit: 20/,
      `steps: 4\n    batchSize: ${ALL}\n    stepsPerCommit: 2`,
    )
    .replace('microBatch: 4', `microBatch: ${ALL}`)
    .replace('single: 2, several: 1', 'single: 1, several: 0');
  writeFileSync(all, text);
  writeFileSync(two, text.replace(`microBatch: ${ALL}`, 'microBatch: 2'));
  writeFileSync(other, text.replace('lr: 1e-2', 'lr: 2e-2'));
}

afterAll(async () => {
  ruminate.stop();
  await down({ home });
  delete process.env['RUMINATE_PYTHON'];
  rmSync(home.root, { recursive: true, force: true });
  rmSync(scratch, { recursive: true, force: true });
});

describe.skipIf(python.path === null || !linux)(`a training process with little memory${why}`, () => {
  it(
    'pauses its run, which says what to lower, keeps what it has, and goes on when told to',
    async () => {
      writeFiles();
      const watched = ruminate.run('run', all, '--name', 'short', '--watch');
      const before = await firstCheckpoint('short');
      // From the next step on; and for every process that is started later.
      writeFileSync(limitFile, '');
      const trainer = torchPythonOf(await new Killing(home, RUN_MS).pidOf('gpu-train'));
      limitMemory(trainer!, KIBIBYTES * 1024);

      const { code, stdout, stderr } = await watched;
      expect(code, stdout + stderr).toBe(3);
      expect(stderr).toMatch(/short: paused: trainSupervised: out of memory: .*allocate/);
      expect(stderr).toContain(
        `Lower compute.microBatch (now ${ALL}) or turn policy.gradientCheckpointing on, or free memory on the machine; ` +
          `then: ruminate run ${all} --name short --accept-changes`,
      );
      expect(stderr).not.toMatch(STACK_TRACE);
      const paused = await ruminate.json<RunStatus>('status', 'short');
      expect(paused).toMatchObject({
        state: 'paused',
        reason: expect.stringContaining('out of memory') as string,
      });
      expect(paused.stages).toMatchObject([{ state: 'paused', step: 2, checkpoint: before.checkpoint }]);
      const [listed] = await ruminate.json<RunSummary[]>('list');
      expect(listed).toMatchObject({ run: 'short', state: 'paused', reason: paused.reason });

      const attached = await ruminate.run('run', two, '--name', 'short');
      expect([attached.code, attached.stderr]).toEqual([3, expect.stringContaining('is paused')]);
      const refused = await ruminate.run('run', other, '--name', 'short', '--accept-changes');
      expect([refused.code, refused.stderr]).toEqual([
        2,
        expect.stringContaining('stages[0].optimizer.lr: 0.01 → 0.02'),
      ]);
      expect((await ruminate.json<RunStatus>('status', 'short')).state).toBe('paused');

      const more = await ruminate.run('run', two, '--name', 'short', '--accept-changes', '--watch');
      expect(more.code, more.stdout + more.stderr).toBe(0);
      expect(more.stderr).toContain('is taken up again');
      const changed = `DRP-SFT, after step 2: compute.microBatch: ${ALL} → 2`;
      expect(await ruminate.json<RunStatus>('status', 'short')).toMatchObject({
        state: 'completed',
        room: { microBatch: 2 },
        roomChanges: [changed],
      });
      expect((await ruminate.json<RunReport>('report', 'short')).madeBy).toMatchObject({
        'changed on the way': changed,
      });
      // What was committed before the pause is what stands, with the bytes that its manifest names.
      const { manifest, weights } = before.checkpoint;
      await withSession(home, async ({ store }) => {
        const key = `runs/short/${before.stage}/checkpoints/000002/MANIFEST.json`;
        expect((await store.head(key, 'manifest'))?.sha256).toBe(manifest.sha256);
        expect((await store.get(weights)).length).toBe(weights.bytes);
      });
    },
    RUN_MS,
  );
});

interface Committed {
  readonly stage: string;
  readonly checkpoint: CheckpointStatus;
}

/** What a run's first stage has committed first, as soon as it has. */
async function firstCheckpoint(run: string): Promise<Committed> {
  const found: Committed[] = [];
  await eventually(
    `${run} has committed steps`,
    async () => {
      // Neither the services nor the run are there yet.
      const status = await withSession(home, (session) => runStatus(session, run)).catch(() => null);
      for (const { stage, checkpoint } of status?.stages ?? [])
        if (checkpoint !== null) found.push({ stage, checkpoint });
      return found.length > 0;
    },
    RUN_MS / 2,
  );
  return found[0]!;
}
