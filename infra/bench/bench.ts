import { join } from 'node:path';
import { loadCurriculum } from '../../configs/load.js';
import { InfrastructureFailure } from '../../domain/failures.js';
import { stageWorkflowId } from '../../workflows/messages.js';
import { cancelRun, startRun } from '../client/runs.js';
import { withSession, type Session } from '../client/session.js';
import { watchRun } from '../client/watch.js';
import type { Home } from '../home/home.js';
import { projectRoot } from '../setup/paths.js';
import { stageHistory } from './history.js';
import { machine, versions, type Machine } from './machine.js';
import { stageTimes, type StageTimes } from './stages.js';

/** The result for programs. */
export interface Bench {
  /** ISO 8601. */
  readonly at: string;
  readonly curriculum: string;
  readonly stages: readonly StageTimes[];
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
}

export interface BenchOptions {
  readonly home: Home;
  /** Cancels the run. */
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}

const FILE = join(projectRoot(), 'configs', 'bench.yaml');

/** Runs `configs/bench.yaml` on the running services of a home, and reads from its history where the time went. */
export async function bench({ home, signal, onProgress }: BenchOptions): Promise<Bench> {
  const at = new Date();
  const on = machine();
  const curriculum = await loadCurriculum(FILE);
  return withSession(home, async (session) => {
    const name = `bench-${at.getTime().toString(36)}`;
    await startRun(session, { name, file: FILE, curriculum, acceptChanges: false, again: `npm run bench` });
    await untilComplete(session, name, signal, onProgress);
    const stages: StageTimes[] = [];
    for (const stage of curriculum.stages) {
      const handle = session.temporal.workflow.getHandle(stageWorkflowId(name, stage.name));
      stages.push(stageTimes(stage, await stageHistory(handle)));
    }
    const made = { at: at.toISOString(), curriculum: curriculum.name };
    return { ...made, stages, machine: on, versions: await versions() };
  });
}

async function untilComplete(
  session: Session,
  name: string,
  signal: AbortSignal,
  onProgress: (line: string) => void,
): Promise<void> {
  let doing = '';
  for await (const { state, activity, reason } of watchRun(session, name, {
    signal,
    onTrouble: onProgress,
  })) {
    if (activity !== doing) onProgress(activity);
    doing = activity;
    if (state === 'completed') return;
    if (state !== 'running')
      throw new InfrastructureFailure(`the run ${name} is ${state}: ${reason ?? 'no reason given'}`);
  }
  await cancelRun(session, name);
  throw new InfrastructureFailure('interrupted');
}
