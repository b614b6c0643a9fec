import { matches } from '../metrics/m4vitevqa.js';

/**
 * Answer correctness: 1 when the answer equals any true answer after EvalAI normalisation, else 0. A rollout
 * without an answer (`null`) is wrong, not inapplicable. (Video-R4: R = answer correctness + format.)
 */
export function answerReward(answer: string | null, truths: readonly string[]): 0 | 1 {
  return answer !== null && matches(answer, truths) ? 1 : 0;
}
