import { distance } from 'fastest-levenshtein';

/**
 * The candidate that was most likely meant, by edit distance without regard to case; `null` when even the
 * nearest differs in more than half of its letters, because a wild guess is worse than none.
 */
export function nearest(wrote: string, candidates: readonly string[]): string | null {
  const ranked = candidates
    .map((name) => ({ name, edits: distance(wrote.toLowerCase(), name.toLowerCase()) }))
    .sort((a, b) => a.edits - b.edits);
  const best = ranked[0];
  if (best === undefined || best.edits > Math.max(wrote.length, best.name.length) / 2) return null;
  return best.name;
}
