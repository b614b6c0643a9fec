/** Similarities below this count as another answer, not as a misread one. */
const THRESHOLD = 0.5;

/**
 * Average Normalized Levenshtein Similarity of one question (Biten et al. 2019), on `lower().strip()` alone:
 *
 *   s = 1 − edits/max(|a|, |b|),  kept where s ≥ 0.5, else 0;  the maximum over the true answers
 *
 * Empty against empty is 1. No answer (`null`) is 0. Its mean over questions is the ANLS of a table.
 */
export function anls(answer: string | null, truths: readonly string[]): number {
  if (answer === null) return 0;
  return truths.reduce((best, truth) => Math.max(best, similarity(plain(answer), plain(truth))), 0);
}

/** Least number of insertions, deletions and substitutions of characters (code points) between two texts. */
export function editDistance(a: string, b: string): number {
  const [from, to] = [[...a], [...b]];
  // row[j]: distance between the first i characters of a and the first j of b.
  let row = Array.from({ length: to.length + 1 }, (_, j) => j);
  from.forEach((character, i) => {
    const next = [i + 1];
    to.forEach((other, j) => {
      next.push(Math.min(row[j + 1]! + 1, next[j]! + 1, row[j]! + (character === other ? 0 : 1)));
    });
    row = next;
  });
  return row.at(-1)!;
}

function similarity(a: string, b: string): number {
  const longest = Math.max([...a].length, [...b].length);
  if (longest === 0) return 1;
  const s = 1 - editDistance(a, b) / longest;
  return s >= THRESHOLD ? s : 0;
}

function plain(text: string): string {
  return text.toLowerCase().trim();
}
