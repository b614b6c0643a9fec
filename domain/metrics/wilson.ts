/** 97.5 % point of the standard normal distribution. */
export const Z95 = 1.959963984540054;

export type Interval = readonly [lo: number, hi: number];

/**
 * Wilson's 95 % interval of a share (Wilson 1927), which stays inside [0, 1] and is honest at 0, at 1 and for few:
 *
 *   (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n)
 *
 * Nothing asked (n = 0) says nothing: [0, 1].
 */
export function wilson95(successes: number, n: number): Interval {
  if (!(successes >= 0 && successes <= n))
    throw new RangeError(`expected 0 to ${n} successes, got ${successes}`);
  if (n === 0) return [0, 1];
  const p = successes / n;
  const z2 = Z95 * Z95;
  const centre = p + z2 / (2 * n);
  const half = Z95 * Math.sqrt((p * (1 - p)) / n + z2 / (4 * n * n));
  const scale = 1 + z2 / n;
  // At the ends the bound is exact; rounding would leave it a hair off.
  return [successes === 0 ? 0 : (centre - half) / scale, successes === n ? 1 : (centre + half) / scale];
}
