import type { Decision } from '../../domain/curation/decisions.js';
import type { TrajectoryRecord } from '../../domain/data/records.js';
import { askedDecisionOf, decisionOf } from '../../domain/formats/decision.js';
import { refuseUnknown } from '../../domain/formats/question.js';
import { RowRefusal } from '../../domain/formats/refusal.js';
import { Row } from '../../domain/formats/row.js';

/** A trajectory as a person is shown it. */
export interface ReviewItem {
  readonly record: TrajectoryRecord;
  /** Whether quality control took it; `why` says why not. */
  readonly origin: 'taken' | 'rejected';
  readonly why: readonly string[];
  readonly decision: Decision | null;
}

/** What the page sends: who and when are the server's to say. */
export type AskedDecision = Omit<Decision, 'by' | 'at'>;

/** The value in its type, or what is wrong with it as one sentence. */
export type Read<T> = { readonly value: T } | { readonly wrong: string };

const LONGEST_REASON = 2000;

export function readDecision(value: unknown): Read<Decision> {
  return read(() => decisionOf(value));
}

export function readAsked(value: unknown): Read<AskedDecision> {
  return read(() => {
    const row = new Row(value);
    const asked = askedDecisionOf(row);
    refuseUnknown(row, 'a decision');
    if ((asked.why?.length ?? 0) > LONGEST_REASON)
      throw new RowRefusal('bad-value', `expected "why" to have at most ${LONGEST_REASON} characters`);
    return asked;
  });
}

export function read<T>(record: () => T): Read<T> {
  try {
    return { value: record() };
  } catch (error) {
    if (error instanceof RowRefusal) return { wrong: error.message };
    throw error;
  }
}
