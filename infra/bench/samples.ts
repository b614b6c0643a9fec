/** Times of one thing, taken in rounds that alternate with the other side's. */
export interface Summary {
  readonly medianMs: number;
  readonly minMs: number;
  readonly maxMs: number;
  /** (upper quartile − lower quartile) / median: what noise there was. */
  readonly spread: number;
  readonly samples: number;
}

/** Throws a RangeError where there is nothing to summarize. */
export function summarize(ms: readonly number[]): Summary {
  const sorted = [...ms].sort((a, b) => a - b);
  const medianMs = quantile(sorted, 0.5);
  return {
    medianMs,
    minMs: sorted[0]!,
    maxMs: sorted.at(-1)!,
    spread: (quantile(sorted, 0.75) - quantile(sorted, 0.25)) / medianMs,
    samples: sorted.length,
  };
}

/** A ratio of two medians, and the lowest and highest of the rounds' own ratios. */
export interface Ratio {
  readonly ratio: number;
  readonly lowest: number;
  readonly highest: number;
  /** Their single fastest run / our single fastest: what the two would be on a machine that does nothing else. */
  readonly ofFastest: number;
}

/**
 * Their time / our time: above 1 we are faster. Each round's samples were taken one after the other, so a slow minute of the
 * machine weighs on both sides of its ratio; the whole is the median of the rounds' ratios of medians.
 */
export function pairedRatio(
  theirs: readonly (readonly number[])[],
  ours: readonly (readonly number[])[],
): Ratio {
  if (theirs.length !== ours.length)
    throw new RangeError(`pairedRatio: ${theirs.length} rounds beside ${ours.length}`);
  const ratios = theirs.map((ms, round) => median(ms) / median(ours[round]!)).sort((a, b) => a - b);
  const ofFastest = Math.min(...theirs.flat()) / Math.min(...ours.flat());
  return { ratio: quantile(ratios, 0.5), lowest: ratios[0]!, highest: ratios.at(-1)!, ofFastest };
}

/** The rounds of whichever contestant has the lower median over all of them. */
export function fastest<Name extends string>(
  contestants: Readonly<Partial<Record<Name, readonly (readonly number[])[]>>>,
): { readonly name: Name; readonly rounds: readonly (readonly number[])[] } | null {
  const all = (Object.entries(contestants) as [Name, readonly (readonly number[])[]][]).map(
    ([name, rounds]) => ({
      name,
      rounds,
      medianMs: median(rounds.flat()),
    }),
  );
  return all.sort((a, b) => a.medianMs - b.medianMs)[0] ?? null;
}

export function median(values: readonly number[]): number {
  return quantile(
    [...values].sort((a, b) => a - b),
    0.5,
  );
}

/** Linear between neighbours. */
function quantile(sorted: readonly number[], q: number): number {
  if (sorted.length === 0) throw new RangeError('expected at least one sample, got none');
  const at = q * (sorted.length - 1);
  const [low, high] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!];
  return low + (high - low) * (at - Math.floor(at));
}
