/** Marks that OCR and people write differently, by what both become. */
const LOOKALIKES: readonly (readonly [RegExp, string])[] = [
  [/[‘’‚‛`´]/g, "'"],
  [/[“”„‟«»]/g, '"'],
  [/[‐‑‒–—―−]/g, '-'],
  [/[•·●▪■|]/g, ' '],
];

/**
 * A text as matching compares it: lower case, accents and currency signs dropped (Tesseract's English data has no
 * accents), dashes and quotes of one kind, `1,200` as `1200`, marks at the ends of words dropped, one space
 * between words. `12:30`, `4.50` and `a-b` stay whole.
 */
export function normaliseText(text: string): string {
  let plain = text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
  for (const [marks, one] of LOOKALIKES) plain = plain.replaceAll(marks, one);
  return plain
    .replaceAll(/(?<=\d),(?=\d{3}(?!\d))/g, '')
    .split(/\s+/)
    .map((word) => word.replaceAll(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}%]+$/gu, ''))
    .filter((word) => word !== '')
    .join(' ');
}

/** Letters and digits alone: what stays when OCR joins or splits words. */
export function lettersOf(normalised: string): string {
  return normalised.replaceAll(/[^\p{L}\p{N}]/gu, '');
}

/** The numbers in a normalised text, in order, with what parts their digits: `12:30` is not `1230`. */
export function numbersOf(normalised: string): readonly string[] {
  return normalised.match(/\d+(?:[.,:/-]\d+)*/g) ?? [];
}
