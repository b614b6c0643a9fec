import { type Interval, Z95 } from './wilson.js';

export interface PairedDifference {
  readonly n: number;
  /** Share right after, minus share right before. */
  readonly delta: number;
  readonly ci95: Interval;
}

/**
 * The difference of two accuracies on the *same* questions, with the 95 % interval of Agresti and Min (2005, Statistics
 * in Medicine 24:729): half a question added to each cell of the 2×2 table, so that n′ = n + 2 and, with b gained, c lost,
 *
 *   (b − c)/n′ ± z·√((b + c + 1) − (b − c)²/n′)/n′
 *
 * Unlike mean ± 1.96·sd/√n it keeps a width where nothing changed. `pairs`: whether each question was answered rightly
 * before and after. Without questions: 0 in [−1, 1].
 */
export function pairedDifference(
  pairs: readonly { readonly before: boolean; readonly after: boolean }[],
): PairedDifference {
  const n = pairs.length;
  if (n === 0) return { n, delta: 0, ci95: [-1, 1] };
  const gained = pairs.filter(({ before, after }) => after && !before).length;
  const lost = pairs.filter(({ before, after }) => before && !after).length;
  const net = gained - lost;
  const m = n + 2;
  const half = (Z95 * Math.sqrt(gained + lost + 1 - (net * net) / m)) / m;
  return { n, delta: net / n, ci95: [Math.max(-1, net / m - half), Math.min(1, net / m + half)] };
}
