import { BugFailure } from '../failures.js';
import { normalised } from './vectors.js';

/**
 * How well the chosen frames stand for the video (Video-R4):
 *
 *   R_rep = exp(−(1/|V|) · Σ_{v∈V} min_{u∈U} ‖v − u‖₂),   0 without a clip call (ours)
 *
 * `frames` V: features of all input frames. `chosen` U: those of the frames of the *last* clip call, `null`
 * without one. L2-normalised here, because raw features are so far apart that exp(−…) would be 0 (ours). In [0, 1].
 */
export function representativeness(
  frames: readonly Float32Array[],
  chosen: readonly Float32Array[] | null,
): number {
  if (chosen === null || chosen.length === 0) return 0;
  if (frames.length === 0)
    throw new BugFailure('representativeness needs the features of the input frames, got none');
  const U = chosen.map(normalised);
  const nearest = frames.map((frame) => {
    const v = normalised(frame);
    return Math.min(...U.map((u) => distance(v, u)));
  });
  return Math.exp(-nearest.reduce((sum, d) => sum + d, 0) / frames.length);
}

function distance(a: Float64Array, b: Float64Array): number {
  if (a.length !== b.length)
    throw new BugFailure(`feature vectors must have one length, got ${a.length} and ${b.length}`);
  let squares = 0;
  for (let i = 0; i < a.length; i++) squares += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(squares);
}
