/** One flat list of tokens, all arrays of one length T: the tokens of all rollouts of an update, one after another. */
export interface GrpoTokens {
  /** log π of each token under the policy that is being trained. */
  readonly logProbs_T: readonly number[];
  /** log π when it was sampled. */
  readonly oldLogProbs_T: readonly number[];
  /** log π under the policy at the stage's start. */
  readonly referenceLogProbs_T: readonly number[];
  /** The advantage of the rollout that the token belongs to. */
  readonly advantages_T: readonly number[];
  /** 1 where the policy chose the token; 0 for padding, forced tokens and what tools gave back. */
  readonly mask_T: readonly (0 | 1)[];
}

export interface GrpoLoss {
  readonly loss: number;
  readonly policyLoss: number;
  /** k3 estimate of KL(π ‖ π_ref), per token. */
  readonly kl: number;
  /** Share of the tokens whose ratio left [1 − clipLow, 1 + clipHigh]. */
  readonly clipped: number;
  /** max |log r|: 0 exactly on policy. */
  readonly largestLogRatio: number;
}

/**
 * The plain loop that the engine's graph is tested against. With r = exp(log π − log π_old), q = log π_ref − log π:
 *
 *   L = −1/D · Σ mask·min(r·A, clip(r, 1 − clipLow, 1 + clipHigh)·A) + kl · 1/D · Σ mask·(e^q − q − 1)
 *
 * GRPO (Shao et al. 2024) with DAPO's separate clips (Yu et al. 2025); equal clips are GRPO's own. KL: k3 of Schulman
 * 2020. `tokenCount` D: the tokens with mask 1 of the *whole update*, so that micro-batches add up to one token mean.
 */
export function grpoLoss(
  tokens: GrpoTokens,
  objective: { readonly clipLow: number; readonly clipHigh: number; readonly kl: number },
  tokenCount: number,
): GrpoLoss {
  let [surrogate, kl, clipped, largestLogRatio] = [0, 0, 0, 0];
  tokens.mask_T.forEach((mask, t) => {
    if (mask === 0) return;
    const logRatio = tokens.logProbs_T[t]! - tokens.oldLogProbs_T[t]!;
    const advantage = tokens.advantages_T[t]!;
    const ratio = Math.exp(logRatio);
    const bounded = Math.min(1 + objective.clipHigh, Math.max(1 - objective.clipLow, ratio));
    const toReference = tokens.referenceLogProbs_T[t]! - tokens.logProbs_T[t]!;
    surrogate += Math.min(ratio * advantage, bounded * advantage);
    kl += Math.exp(toReference) - toReference - 1;
    clipped += bounded === ratio ? 0 : 1;
    largestLogRatio = Math.max(largestLogRatio, Math.abs(logRatio));
  });
  // 0 − x, so that a sum of nothing is 0 and not −0.
  const policyLoss = 0 - surrogate / tokenCount;
  const meanKl = kl / tokenCount;
  return {
    loss: policyLoss + objective.kl * meanKl,
    policyLoss,
    kl: meanKl,
    clipped: clipped / tokenCount,
    largestLogRatio,
  };
}
