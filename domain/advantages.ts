/**
 * Group-relative advantages (GRPO, Shao et al. 2024, as in Video-R4):
 *
 *   Aᵢ = (Rᵢ − mean R)/(std R + eps),   std over the population of the group
 *
 * `rewards`: R′ of all G rollouts of one question, unscaled. `null` when all are equal, also for a group of one or
 * none: such a group carries no signal and is left out of the update, not trained on with zeros.
 */
export function groupAdvantages(rewards: readonly number[], eps: number): readonly number[] | null {
  const first = rewards[0];
  if (rewards.every((reward) => reward === first)) return null;
  const mean = rewards.reduce((sum, reward) => sum + reward, 0) / rewards.length;
  const variance = rewards.reduce((sum, reward) => sum + (reward - mean) ** 2, 0) / rewards.length;
  return rewards.map((reward) => (reward - mean) / (Math.sqrt(variance) + eps));
}
