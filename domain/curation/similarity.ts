import { editDistance } from '../metrics/anls.js';
import { lettersOf, normaliseText, numbersOf } from './normalise.js';

/** Texts of so few letters have no misreading that is not another text. */
const EXACT_UP_TO = 3;

/** An answer, prepared once for many comparisons. */
export interface Wanted {
  readonly answer: string;
  readonly letters: string;
  readonly numbers: readonly string[];
  readonly words: number;
}

export function wantedOf(answer: string): Wanted {
  const normalised = normaliseText(answer);
  return {
    answer,
    letters: lettersOf(normalised),
    numbers: numbersOf(normalised),
    words: normalised === '' ? 0 : normalised.split(' ').length,
  };
}

/**
 * How much a text is the wanted one: 1 − edits/max(length) over letters and digits, so that joined and split
 * words are the same; 0 where its numbers are not exactly the wanted ones, or where it is so short that a
 * misreading is another text.
 */
export function similarityTo(wanted: Wanted, text: string): number {
  const normalised = normaliseText(text);
  const letters = lettersOf(normalised);
  if (letters === wanted.letters) return sameNumbers(wanted.numbers, numbersOf(normalised)) ? 1 : 0;
  const longest = Math.max(letters.length, wanted.letters.length);
  if (Math.min(letters.length, wanted.letters.length) <= EXACT_UP_TO) return 0;
  if (Math.abs(letters.length - wanted.letters.length) > longest / 2) return 0;
  if (!sameNumbers(wanted.numbers, numbersOf(normalised))) return 0;
  return 1 - editDistance(letters, wanted.letters) / longest;
}

function sameNumbers(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((number, i) => number === b[i]);
}
