import type { Box01 } from '../world/records.js';
import { overlap1d } from './boxes.js';

/** A word with a box; `aspect` turns widths into heights. */
interface Boxed {
  readonly box01: Box01;
}

/** Words further apart than this many heights stand in different columns. */
const MAX_GAP = 1.5;
/** Words that overlap less than this share of the lower one's height stand in different lines. */
const MIN_OVERLAP = 0.5;

/**
 * Positions of words, line by line in reading order, made anew from their boxes: engines and side files group words in
 * ways of their own (Tesseract's sparse layout makes a block of nearly every word).
 *
 * @param aspect width of the frame over its height
 */
export function linesOf(words: readonly Boxed[], aspect: number): readonly (readonly number[])[] {
  const order = words.map((_, i) => i).sort((a, b) => words[a]!.box01[0] - words[b]!.box01[0] || a - b);
  const lines: number[][] = [];
  for (const at of order) {
    const word = words[at]!.box01;
    const line = lines.find((one) => follows(words[one.at(-1)!]!.box01, word, aspect));
    if (line === undefined) lines.push([at]);
    else line.push(at);
  }
  return lines.sort((a, b) => {
    const [one, other] = [words[a[0]!]!.box01, words[b[0]!]!.box01];
    return one[1] - other[1] || one[0] - other[0] || a[0]! - b[0]!;
  });
}

function follows(left: Box01, right: Box01, aspect: number): boolean {
  const [heightL, heightR] = [left[3] - left[1], right[3] - right[1]];
  const tallest = Math.max(heightL, heightR);
  if (tallest > 2 * Math.min(heightL, heightR)) return false;
  const gap = (right[0] - left[2]) * aspect;
  return (
    gap <= MAX_GAP * tallest &&
    gap >= -0.5 * tallest &&
    overlap1d(left[1], left[3], right[1], right[3]) >= MIN_OVERLAP
  );
}
