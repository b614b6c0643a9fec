import type { Question } from '../world/records.js';
import { gradeAnswer } from './grade.js';
import { normaliseAnswer } from './m4vitevqa.js';
import { summariseResults, type SummaryRow } from './summary.js';

/**
 * The baseline that looks at nothing: the answer that is most common in *training*, given to every test question.
 * Answers count as one when they are equal after normalisation.
 */
export function majorityBaseline(
  train: readonly Pick<Question, 'answers'>[],
  test: readonly Pick<Question, 'answers' | 'looks'>[],
): SummaryRow {
  const answer = majorityAnswer(train);
  const results = test.map(({ answers, looks }) => ({
    ...gradeAnswer(answer, answers),
    looks,
    clips: 0,
    crops: 0,
    turns: 1,
  }));
  return summariseResults('majority', results);
}

/** The most common first answer, as first written; of equally common ones the first in code-unit order. `null` of none. */
export function majorityAnswer(questions: readonly Pick<Question, 'answers'>[]): string | null {
  const tally = new Map<string, { readonly written: string; count: number }>();
  for (const { answers } of questions) {
    const written = answers[0];
    if (written === undefined) continue;
    const key = normaliseAnswer(written);
    const entry = tally.get(key) ?? { written, count: 0 };
    entry.count += 1;
    tally.set(key, entry);
  }
  const ranked = [...tally].sort(([a, { count: m }], [b, { count: n }]) => n - m || (a < b ? -1 : 1));
  return ranked[0]?.[1].written ?? null;
}
