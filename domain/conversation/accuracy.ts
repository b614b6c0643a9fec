import { wilson95, type Interval } from '../metrics/wilson.js';

/** The row of a table: the paper's metrics over the questions that have a truth and could be asked. */
export interface AnswerRow {
  readonly n: number;
  /** M4-ViteVQA's, with Wilson's interval. */
  readonly accuracy: number;
  readonly ci95: Interval;
  readonly anls: number;
  /** Questions that could not be asked, for their video or their context; in no mean. */
  readonly failed: number;
  /** Per conversation. */
  readonly clips: number;
  readonly crops: number;
  readonly turns: number;
}

/** Sums over conversations as means; without any, zeros in the widest interval. */
export function accuracyOf(sums: {
  readonly conversations: number;
  readonly failed: number;
  readonly graded: number;
  readonly correct: number;
  readonly anls: number;
  readonly clips: number;
  readonly crops: number;
  readonly turns: number;
}): AnswerRow {
  const { graded, conversations } = sums;
  const per = (sum: number, of: number): number => (of === 0 ? 0 : sum / of);
  return {
    n: graded,
    accuracy: per(sums.correct, graded),
    ci95: wilson95(sums.correct, graded),
    anls: per(sums.anls, graded),
    failed: sums.failed,
    clips: per(sums.clips, conversations),
    crops: per(sums.crops, conversations),
    turns: per(sums.turns, conversations),
  };
}
