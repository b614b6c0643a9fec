import { WorkflowFailedError, type WorkflowExecutionDescription } from '@temporalio/client';
import { ActivityFailure } from '@temporalio/common';
import { accuracyOf, type AnswerRow } from '../../domain/conversation/accuracy.js';
import type { answers } from '../../workflows/answers.js';
import type { AnswersStatus } from '../../workflows/answers-state.js';
import { answersRunOf, answersWorkflowId, ATTRIBUTES, type RunState } from '../../workflows/messages.js';
import type { AnswersMemo } from './answers.js';
import { bounded, type Session } from './session.js';
import { stateOf } from './run-state.js';
import { latestOfEach, listRuns, patient, type RunSummary } from './status.js';
import { workOf, type Work } from './work.js';

/** A line of `ruminate list` for a run of questions. */
export interface AnswersSummary {
  readonly kind: 'answers';
  readonly run: string;
  readonly model: string;
  readonly state: RunState;
  /** Questions that were asked, of how many. */
  readonly done: number;
  readonly total: number;
  /** Of the graded ones so far; null where none is. */
  readonly accuracy: number | null;
  readonly startedAt: string;
  readonly endedAt: string | null;
}

/** What `ruminate status RUN --json` shows of a run of questions. Stable for scripts: fields may be added, never renamed. */
export interface AnswersView extends Pick<
  AnswersStatus,
  'run' | 'model' | 'total' | 'sums' | 'lastFailures' | 'startedAtMs' | 'endedAtMs'
> {
  readonly kind: 'answers';
  readonly state: RunState;
  /** Why it has failed. */
  readonly reason: string | null;
  readonly done: number;
  /** Conversations that are under way. */
  readonly live: number;
  readonly row: AnswerRow;
  readonly work: readonly Work[];
  /** The command that takes it up again. */
  readonly again: string;
}

/** All runs of questions, the latest first. */
async function listAnswers(session: Session): Promise<readonly AnswersSummary[]> {
  const runs: AnswersSummary[] = [];
  for await (const info of session.temporal.workflow.list({ query: `WorkflowType = 'answers'` })) {
    const { model, questions } = memoOf(info);
    runs.push({
      kind: 'answers',
      run: answersRunOf(info.workflowId),
      model,
      state: stateOf(info, undefined),
      done: info.typedSearchAttributes.get(ATTRIBUTES.step) ?? 0,
      total: questions,
      accuracy: info.typedSearchAttributes.get(ATTRIBUTES.accuracy) ?? null,
      startedAt: info.startTime.toISOString(),
      endedAt: info.closeTime?.toISOString() ?? null,
    });
  }
  return latestOfEach(runs);
}

/** All runs, of curricula and of questions, the latest first. */
export async function listAll(session: Session): Promise<readonly (RunSummary | AnswersSummary)[]> {
  const [runs, asked] = await Promise.all([listRuns(session), listAnswers(session)]);
  return [...runs, ...asked].sort((a, b) => b.startedAt.localeCompare(a.startedAt));
}

/** Where a run of questions is: how many are done, how well, what it cost, and what is tried again and why. */
export async function answersView(
  session: Session,
  name: string,
  described: WorkflowExecutionDescription,
): Promise<AnswersView> {
  const handle = session.temporal.workflow.getHandle<typeof answers>(answersWorkflowId(name));
  const state = stateOf(described, undefined);
  const [work, { lastFailures, live, sums, ...status }, reason] = await Promise.all([
    workOf(session, described),
    state === 'completed'
      ? handle.result()
      : patient(() => bounded(session, () => handle.query<AnswersStatus>('answers'))),
    state === 'failed' ? handle.result().then(() => null, sentenceOf) : null,
  ]);
  return {
    kind: 'answers',
    run: name,
    model: status.model,
    state,
    reason,
    total: status.total,
    done: sums.conversations,
    row: accuracyOf(sums),
    sums,
    lastFailures,
    live: state === 'running' ? live.length : 0,
    work,
    again: memoOf(described).again,
    startedAtMs: status.startedAtMs,
    endedAtMs: described.closeTime?.getTime() ?? null,
  };
}

function memoOf({ memo }: { readonly memo?: Record<string, unknown> }): AnswersMemo {
  const { model, questions, again } = (memo ?? {}) as Partial<AnswersMemo>;
  return { model: model ?? '', questions: questions ?? 0, again: again ?? '' };
}

/** What went wrong at the bottom of it; the wrappers say only where. */
function sentenceOf(error: unknown): string {
  let at = error;
  while ((at instanceof WorkflowFailedError || at instanceof ActivityFailure) && at.cause instanceof Error)
    at = at.cause;
  return at instanceof Error ? at.message : String(at);
}
