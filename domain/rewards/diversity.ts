import { dot, normalised } from './vectors.js';

/**
 * Diversity of the regions that a rollout cropped (Video-R4):
 *
 *   R_div = 1/(n(n−1)) · Σᵢ Σ_{j≠i} (1 − cos(vᵢ, vⱼ)),   0 when n < 2 (ours)
 *
 * `regions`: one feature vector for each crop; frames do not count. In [0, 2]. The cosine with a zero vector is 0.
 */
export function diversity(regions: readonly Float32Array[]): number {
  const n = regions.length;
  if (n < 2) return 0;
  const units = regions.map(normalised);
  let apart = 0;
  for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) apart += 1 - dot(units[i]!, units[j]!);
  // Rounding can leave equal vectors a hair below 0.
  return Math.max(0, (2 * apart) / (n * (n - 1)));
}
