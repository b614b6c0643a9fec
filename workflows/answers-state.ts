import type { AnswerSums, MetModel } from '../activities/conversation/contract.js';
import { addSpent, NOTHING_SPENT } from '../domain/conversation/ledger.js';
import type { Ref } from '../domain/refs.js';

/** How far a run of questions is. Stable for scripts: fields may be added, never renamed. */
export interface AnswersStatus {
  readonly run: string;
  readonly model: string;
  readonly total: number;
  readonly sums: AnswerSums;
  /** The questions that failed last, newest last; the records have all. */
  readonly lastFailures: readonly FailedQuestion[];
  /** Null until the model was met. */
  readonly met: MetModel | null;
  /** Conversations under way: what has been committed of each. */
  readonly live: readonly LiveConversation[];
  /** Records, once all are there. */
  readonly records: readonly Ref[];
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  readonly endedAtMs: number | null;
}

export interface FailedQuestion {
  /** 0-based place in the run. */
  readonly index: number;
  readonly why: string;
}

export interface LiveConversation {
  readonly index: number;
  readonly opening: Ref | null;
  readonly messages: readonly Ref[];
  readonly looks: readonly Ref[];
}

/** What an execution hands to the next: all conversations before `next` are closed. */
export interface AnswersCarried {
  readonly next: number;
  readonly sums: AnswerSums;
  readonly lastFailures: readonly FailedQuestion[];
  readonly met: MetModel | null;
  readonly startedAtMs: number;
}

const SHOWN_FAILURES = 5;

export function withFailure(
  failures: readonly FailedQuestion[],
  index: number,
  why: string,
): readonly FailedQuestion[] {
  return [...failures, { index, why }].slice(-SHOWN_FAILURES);
}

export const NO_SUMS: AnswerSums = {
  conversations: 0,
  answered: 0,
  failed: 0,
  graded: 0,
  correct: 0,
  anls: 0,
  clips: 0,
  crops: 0,
  turns: 0,
  refused: 0,
  unreadable: 0,
  spent: NOTHING_SPENT,
};

export function addSums(a: AnswerSums, b: AnswerSums): AnswerSums {
  return {
    conversations: a.conversations + b.conversations,
    answered: a.answered + b.answered,
    failed: a.failed + b.failed,
    graded: a.graded + b.graded,
    correct: a.correct + b.correct,
    anls: a.anls + b.anls,
    clips: a.clips + b.clips,
    crops: a.crops + b.crops,
    turns: a.turns + b.turns,
    refused: a.refused + b.refused,
    unreadable: a.unreadable + b.unreadable,
    spent: addSpent(a.spent, b.spent),
  };
}
