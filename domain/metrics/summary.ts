import type { GradedRollout } from '../graded.js';
import type { Looks } from '../world/records.js';
import { type Interval, wilson95 } from './wilson.js';

/** One row of the final table, shaped as the report's. */
export interface SummaryRow extends Share {
  readonly stage: string;
  /** Mean over the questions. */
  readonly anls: number;
  /** Valid looks and messages, per rollout. */
  readonly clips: number;
  readonly crops: number;
  readonly turns: number;
  /** Questions that need one look, and several. */
  readonly single: Share;
  readonly several: Share;
}

/** Questions answered rightly, of `n`, with Wilson's interval. Of none: 0 in [0, 1]. */
export interface Share {
  readonly n: number;
  readonly accuracy: number;
  readonly ci95: Interval;
}

/** What a row is made of, for one question. */
export interface Result {
  readonly correct: boolean;
  readonly anls: number;
  readonly looks: Looks;
  readonly clips: number;
  readonly crops: number;
  readonly turns: number;
}

/** The row of the policy after `stage`, from one graded rollout a question. */
export function summarise(stage: string, graded: readonly GradedRollout[]): SummaryRow {
  return summariseResults(
    stage,
    graded.map((one) => ({ ...one, turns: one.rollout.turns.length })),
  );
}

/** The same from bare results. */
export function summariseResults(stage: string, results: readonly Result[]): SummaryRow {
  const mean = (of: (result: Result) => number): number =>
    results.length === 0 ? 0 : results.reduce((sum, result) => sum + of(result), 0) / results.length;
  return {
    stage,
    ...share(results),
    anls: mean((result) => result.anls),
    clips: mean((result) => result.clips),
    crops: mean((result) => result.crops),
    turns: mean((result) => result.turns),
    single: share(results.filter(({ looks }) => looks !== 'several')),
    several: share(results.filter(({ looks }) => looks === 'several')),
  };
}

function share(results: readonly Result[]): Share {
  const n = results.length;
  const correct = results.filter((result) => result.correct).length;
  return { n, accuracy: n === 0 ? 0 : correct / n, ci95: wilson95(correct, n) };
}
