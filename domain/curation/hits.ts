import type { OcrWord } from '../data/records.js';
import { around, overlap1d } from './boxes.js';
import { linesOf } from './lines.js';
import type { Hit, ReadWord } from './records.js';
import { similarityTo, type Wanted } from './similarity.js';

export interface HitOptions {
  readonly similarity: number;
  readonly minConfidence: number;
  /** Width of the frame over its height. */
  readonly aspect: number;
}

/** More pieces than words of the answer, in which OCR may have read it. */
const EXTRA_PIECES = 2;

/**
 * Where a frame shows the wanted text: runs of words within a line, and across the end of a line into the one below it.
 * Of hits that share words, only the most similar (then the shortest) stays.
 */
export function hitsIn(
  words: readonly (OcrWord | ReadWord)[],
  wanted: Wanted,
  frame: number,
  { similarity, minConfidence, aspect }: HitOptions,
): readonly Hit[] {
  if (wanted.letters === '') return [];
  const sure = words
    .map((word, index) => ({ word, index, box01: word.box01 }))
    .filter(({ word }) => word.confidence === null || word.confidence >= minConfidence);
  const lines = linesOf(sure, aspect);
  const found: Hit[] = [];
  for (const run of runsOf(lines, sure, wanted)) {
    const text = run.map((at) => sure[at]!.word.text).join(' ');
    const score = similarityTo(wanted, text);
    if (score < similarity) continue;
    found.push(
      hitOf(
        run.map((at) => sure[at]!),
        text,
        frame,
        score,
      ),
    );
  }
  return withoutOverlaps(found);
}

/** Runs of positions that are as long as the wanted text may be. */
function* runsOf(
  lines: readonly (readonly number[])[],
  words: readonly { readonly box01: OcrWord['box01']; readonly word: OcrWord }[],
  wanted: Wanted,
): Generator<readonly number[]> {
  const longest = wanted.words + EXTRA_PIECES;
  const maxLetters = 2 * wanted.letters.length + 2;
  for (const line of lines) {
    const joined = [...line, ...lineBelow(line, lines, words)];
    for (let start = 0; start < line.length; start++) {
      let letters = 0;
      for (let end = start; end < joined.length && end - start < longest; end++) {
        letters += words[joined[end]!]!.word.text.length;
        if (letters > maxLetters) break;
        yield joined.slice(start, end + 1);
      }
    }
  }
}

/** The nearest line under this one that begins in the same column and is as large; nothing if there is none. */
function lineBelow(
  line: readonly number[],
  lines: readonly (readonly number[])[],
  words: readonly { readonly box01: OcrWord['box01'] }[],
): readonly number[] {
  const boxOf = (one: readonly number[]): OcrWord['box01'] => around(one.map((at) => words[at]!.box01));
  const [x1, y1, x2, y2] = boxOf(line);
  const height = y2 - y1;
  const below = lines.filter((other) => {
    if (other === line) return false;
    const [u1, v1, u2, v2] = boxOf(other);
    return (
      v1 >= y2 - 0.3 * height &&
      v1 <= y2 + 1.2 * height &&
      Math.max(v2 - v1, height) <= 1.6 * Math.min(v2 - v1, height) &&
      overlap1d(x1, x2, u1, u2) >= 0.5
    );
  });
  return below.length === 1 ? below[0]! : [];
}

function hitOf(
  words: readonly { readonly word: OcrWord | ReadWord; readonly index: number }[],
  text: string,
  frame: number,
  similarity: number,
): Hit {
  const least = (values: readonly (number | null)[]): number | null => {
    const known = values.filter((value) => value !== null);
    return known.length === 0 ? null : Math.min(...known);
  };
  return {
    frame,
    text,
    similarity,
    box01: around(words.map(({ word }) => word.box01)),
    confidence: least(words.map(({ word }) => word.confidence)),
    sharpness: least(words.map(({ word }) => ('sharpness' in word ? word.sharpness : null))),
    words: words.map(({ index }) => index),
  };
}

function withoutOverlaps(found: readonly Hit[]): readonly Hit[] {
  const best = [...found].sort(
    (a, b) => b.similarity - a.similarity || a.words.length - b.words.length || a.words[0]! - b.words[0]!,
  );
  const taken = new Set<number>();
  return best.filter(({ words }) => {
    if (words.some((word) => taken.has(word))) return false;
    for (const word of words) taken.add(word);
    return true;
  });
}
