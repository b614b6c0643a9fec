import type { RewardConfig } from '../curriculum.js';

/** The terms of one rollout's reward, unweighted. `null`: the term does not apply here; it is not a 0 earned. */
export interface RewardTerms {
  readonly answer: number;
  readonly format: number;
  readonly diversity: number | null;
  readonly representativeness: number | null;
  readonly curiosity: number | null;
}

/**
 * R' = R_answer + w_format·R_format + λ_div·R_div + λ_rep·R_rep + λ_cur·R_cur (Video-R4; its λ are not public).
 * A term that does not apply adds nothing.
 */
export function combinedReward(terms: RewardTerms, config: RewardConfig): number {
  return (
    terms.answer +
    config.formatWeight * terms.format +
    config.diversity * (terms.diversity ?? 0) +
    config.representativeness * (terms.representativeness ?? 0) +
    config.curiosity.weight * (terms.curiosity ?? 0)
  );
}
