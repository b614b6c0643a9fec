import { anls } from './anls.js';
import { matches } from './m4vitevqa.js';

/** What `GradedRollout` says of an answer. A rollout without an answer (`null`) is wrong. */
export function gradeAnswer(
  answer: string | null,
  truths: readonly string[],
): { readonly correct: boolean; readonly anls: number } {
  return { correct: answer !== null && matches(answer, truths), anls: anls(answer, truths) };
}
