/**
 * Cross-entropy of demonstrated tokens, the plain loop that the engine's graph is tested against:
 *
 *   L = −1/D · Σ mask·log π
 *
 * `logProbs_T`, `mask_T`: one flat list of tokens; mask 1 where the demonstration acts. `tokenCount` D: the tokens
 * with mask 1 of the *whole batch*, so that micro-batches add up to one token mean.
 */
export function sftLoss(
  logProbs_T: readonly number[],
  mask_T: readonly (0 | 1)[],
  tokenCount: number,
): number {
  let sum = 0;
  mask_T.forEach((mask, t) => {
    if (mask === 1) sum += logProbs_T[t]!;
  });
  return 0 - sum / tokenCount;
}
