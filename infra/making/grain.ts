import { stream } from '../../domain/seeds.js';

const grains = new Map<number, Int8Array>();

/** A fixed table of noise of the given peak; a prime length, so that its rows never line up with a picture's. */
export function grainOf(peak: number): Int8Array {
  const known = grains.get(peak);
  if (known !== undefined) return known;
  const random = stream('grain', peak);
  const grain = Int8Array.from({ length: 65_521 }, () => random.int(-peak, peak + 1));
  grains.set(peak, grain);
  return grain;
}
