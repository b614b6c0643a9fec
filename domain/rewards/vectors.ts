import { BugFailure } from '../failures.js';

/**
 * v/‖v‖₂ as float64. The zero vector has no direction and stays zero. Throws a BugFailure when a number is not
 * finite: a reward must not be made of it.
 */
export function normalised(v: Float32Array): Float64Array {
  const out = Float64Array.from(v);
  const norm = Math.sqrt(dot(out, out));
  if (!Number.isFinite(norm)) throw new BugFailure('a feature vector holds numbers that are not finite');
  return norm === 0 ? out : out.map((x) => x / norm);
}

/** Σ aᵢbᵢ. Throws a BugFailure when the lengths differ. */
export function dot(a: Float64Array, b: Float64Array): number {
  if (a.length !== b.length)
    throw new BugFailure(`feature vectors must have one length, got ${a.length} and ${b.length}`);
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
