import type { OcrWord } from '../../domain/data/records.js';
import type { PreparedPicture } from './prepare.js';

/** Level of a word in Tesseract's TSV. */
const WORD = '5';

/**
 * Words of Tesseract's TSV (level, page, block, paragraph, line, word, left, top, width, height, confidence, text), with
 * boxes as shares of the picture without its rim. A word that lies on the rim alone is none.
 */
export function wordsFromTsv(tsv: string, { widthPx, heightPx, rimPx }: PreparedPicture): readonly OcrWord[] {
  const [innerW, innerH] = [widthPx - 2 * rimPx, heightPx - 2 * rimPx];
  const across = (x: number): number => share((x - rimPx) / innerW);
  const down = (y: number): number => share((y - rimPx) / innerH);
  const lines = new Map<string, number>();
  const words: OcrWord[] = [];
  for (const row of tsv.split('\n')) {
    const [level, page, block, paragraph, line, , left, top, width, height, confidence, ...rest] =
      row.split('\t');
    const text = rest.join('\t').trim();
    if (level !== WORD || text === '') continue;
    const [x, y, w, h] = [Number(left), Number(top), Number(width), Number(height)];
    const box01 = [across(x), down(y), across(x + w), down(y + h)] as const;
    if (!(box01[0] < box01[2] && box01[1] < box01[3])) continue;
    const name = [page, block, paragraph, line].join(' ');
    const number = lines.get(name) ?? lines.size;
    lines.set(name, number);
    const sure = Math.min(1, Math.max(0, Number(confidence) / 100));
    words.push({ text, box01, confidence: Math.round(1000 * sure) / 1000, line: number });
  }
  return words;
}

/** Four digits are a quarter of a pixel in 4K. */
function share(value: number): number {
  return Math.round(10_000 * Math.min(1, Math.max(0, value))) / 10_000;
}
