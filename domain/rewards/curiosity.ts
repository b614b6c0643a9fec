import type { RewardConfig } from '../curriculum.js';
import { BugFailure } from '../failures.js';

/**
 * Curiosity, a quantity of the group (Video-R4's α and H; form and values of Pixel-Reasoner):
 *
 *   R_cur(i) = α·max(0, H − r)·1[nᵢ > 0] + β·min(0, N − nᵢ)
 *   r = share of the group's K rollouts with at least one valid call
 *
 * `validCalls`: nᵢ of each rollout. Returns R_cur of each, unweighted. While few look, looking is rewarded; calls
 * past N cost β each. Throws a BugFailure unless all K are in: one that is missing would change everyone's reward.
 */
export function curiosity(
  validCalls: readonly number[],
  groupSize: number,
  { alpha, threshold, beta, minCalls }: Omit<RewardConfig['curiosity'], 'weight'>,
): readonly number[] {
  if (validCalls.length !== groupSize)
    throw new BugFailure(`curiosity needs all ${groupSize} rollouts of a group, got ${validCalls.length}`);
  const share = validCalls.filter((n) => n > 0).length / groupSize;
  const bonus = alpha * Math.max(0, threshold - share);
  return validCalls.map((n) => (n > 0 ? bonus : 0) + beta * Math.min(0, minCalls - n));
}
