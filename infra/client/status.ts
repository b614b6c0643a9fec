import { setTimeout as sleep } from 'node:timers/promises';
import type { WorkflowExecutionInfo } from '@temporalio/client';
import { InfrastructureFailure } from '../../domain/failures.js';
import type { RunState, RunStatus as KnownStatus, StageStatus } from '../../workflows/messages.js';
import { ATTRIBUTES, stageStatusQuery, stageWorkflowId, statusQuery } from '../../workflows/messages.js';
import { bounded, type Session } from './session.js';
import { stateOf } from './run-state.js';
import { describeRun, memoOf, noSuchRun, RUNS } from './runs.js';
import { workOf, type Work } from './work.js';

export type { RunState, StageStatus } from '../../workflows/messages.js';

/** What the run's workflows know, and what its activities are at. */
export interface RunStatus extends KnownStatus {
  readonly work: readonly Work[];
}

/** A curriculum's line of `ruminate list`. */
export interface RunSummary {
  readonly kind: 'curriculum';
  readonly run: string;
  readonly curriculum: string;
  readonly state: RunState;
  /** Of a paused run: what there was no memory for, and what to do. */
  readonly reason: string | null;
  readonly stage: string | null;
  readonly step: number | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
}

/** All runs of curricula, the latest first. */
export async function listRuns(session: Session): Promise<readonly RunSummary[]> {
  const runs: RunSummary[] = [];
  for await (const info of session.temporal.workflow.list({ query: RUNS })) {
    const attributes = info.typedSearchAttributes;
    const state = stateOf(info, attributes.get(ATTRIBUTES.state));
    runs.push({
      kind: 'curriculum',
      run: info.workflowId,
      curriculum: attributes.get(ATTRIBUTES.curriculum) ?? '',
      state,
      reason: state === 'paused' ? (memoOf(info).paused ?? null) : null,
      stage: attributes.get(ATTRIBUTES.stage) ?? null,
      step: attributes.get(ATTRIBUTES.step) ?? null,
      startedAt: info.startTime.toISOString(),
      endedAt: info.closeTime?.toISOString() ?? null,
    });
  }
  return latestOfEach(runs);
}

/** A name that was taken up again has several executions: the latest counts, and comes first. */
export function latestOfEach<T extends { readonly run: string; readonly startedAt: string }>(
  runs: readonly T[],
): readonly T[] {
  const latest = runs.toSorted((a, b) => b.startedAt.localeCompare(a.startedAt));
  return latest.filter(({ run }, i) => latest.findIndex((other) => other.run === run) === i);
}

/** Where a run is: what its curriculum knows, with the running stage's own word, which is fresher. */
export async function runStatus(session: Session, run: string): Promise<RunStatus> {
  const described = await describeRun(session, run);
  if (described === null) throw await noSuchRun(session, run);
  const handle = session.temporal.workflow.getHandle(run);
  const status = await patient(() => bounded(session, () => handle.query(statusQuery)));
  const state = stateOf(described, status.state);
  const [work, ...stages] = await Promise.all([
    workOf(session, described),
    ...status.stages.map((stage) => fresher(session, status, stage)),
  ]);
  const { closeTime } = described;
  return {
    ...status,
    state,
    reason: status.reason ?? reasonOf(described),
    stages,
    work,
    endedAtMs: closeTime?.getTime() ?? null,
  };
}

/** The run that was started last; null before the first. */
export async function latestRun(session: Session): Promise<string | null> {
  return (await listRuns(session))[0]?.run ?? null;
}

function reasonOf({ status }: Pick<WorkflowExecutionInfo, 'status'>): string | null {
  if (status.name === 'PAUSED')
    return 'Temporal paused it: temporal workflow unpause, or its page, lets it go on';
  return status.name === 'TERMINATED' || status.name === 'TIMED_OUT'
    ? `Temporal ended it: ${status.name.toLowerCase().replace('_', ' ')}`
    : null;
}

/** Only the stage that its curriculum says is running: one of that name may be left from an earlier attempt. */
async function fresher(
  session: Session,
  { run, state }: KnownStatus,
  known: StageStatus,
): Promise<StageStatus> {
  if (state !== 'running' || known.state !== 'running') return known;
  try {
    const handle = session.temporal.workflow.getHandle(stageWorkflowId(run, known.stage));
    return await bounded(session, () => handle.query(stageStatusQuery));
  } catch {
    // While it starts, or continues as new, nobody answers: what the curriculum knows must do.
    return known;
  }
}

/** A run that was started this moment cannot be asked before its worker has seen it. */
export async function patient<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + FIRST_TASK_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (Date.now() > deadline) {
        throw new InfrastructureFailure(
          'the run does not answer: does its curriculum worker run? Type: ruminate status',
          { cause: error },
        );
      }
      await sleep(200);
    }
  }
}

const FIRST_TASK_MS = 10_000;
