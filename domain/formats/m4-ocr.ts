import type { OcrWord, VideoOcr } from '../data/records.js';
import { box01Of, boxOfPixels, pixelsOf } from './boxes.js';
import { RowRefusal } from './refusal.js';
import { Row, shown } from './row.js';

/**
 * Text of a video's frames in the side files that come with M4-ViteVQA, `<video_id>.json`:
 * ```
 * {"1": [{"ocr": "EXIT", "points": [799, 271, 858, 271, 858, 326, 799, 326], "ID": 3}], "2": []}
 * ```
 * Frames count from 1 at 10 a second (zhousheng97/ViTXT-GQA, README.md: "decode each video at 10fps", "extracted video
 * frame ids start from 1"); the corners go round from the upper left (pythia/datasets/videoqa/vitxtgqa/dataset.py, which
 * reads the same entries from .npy). The JSON files themselves are behind the agreement and could not be looked at.
 */
export const M4_OCR_FPS = 10;
const BY = 'm4-vitevqa side file';

export interface RefusedWord {
  readonly frame: string;
  readonly refusal: RowRefusal;
}

/** A side file as a record; words that are wrong are left out and told, one by one. */
export function ocrOfM4(
  value: unknown,
  video: string,
  fps: number,
  size: { readonly widthPx: number; readonly heightPx: number },
): { readonly ocr: VideoOcr; readonly words: number; readonly refused: readonly RefusedWord[] } {
  const row = new Row(value, 'the file');
  const refused: RefusedWord[] = [];
  let words = 0;
  const frames = Object.keys(row.rest()).map((name) => {
    if (!/^[1-9]\d*$/.test(name))
      throw new RowRefusal('bad-value', `expected frames that count from 1, got ${JSON.stringify(name)}`);
    const kept: OcrWord[] = [];
    for (const [at, entry] of row.list(name).entries()) {
      words += 1;
      try {
        kept.push(wordOf(new Row(entry, `entry ${at + 1}`), at + 1, size));
      } catch (error) {
        if (!(error instanceof RowRefusal)) throw error;
        refused.push({ frame: name, refusal: error });
      }
    }
    return { frame: Number(name), words: kept };
  });
  frames.sort((a, b) => a.frame - b.frame);
  return { ocr: { version: 1, video, fps, by: BY, frames }, words, refused };
}

function wordOf(
  entry: Row,
  at: number,
  { widthPx, heightPx }: { widthPx: number; heightPx: number },
): OcrWord {
  const text = entry.text('ocr');
  const kept = entry.has('box01') ? box01Of(entry.raw('box01'), 'box01') : null;
  return {
    text,
    box01: kept ?? boxOfPixels(boxAround(entry.list('points')), widthPx, heightPx),
    confidence: entry.has('confidence') ? entry.number('confidence') : null,
    line: entry.has('line') ? entry.number('line') : at,
  };
}

function boxAround(points: readonly unknown[]): [number, number, number, number] {
  if (points.length !== 8 || !points.every((value) => typeof value === 'number' && Number.isFinite(value)))
    throw new RowRefusal('wrong-type', `expected "points" to be eight numbers, got ${shown(points)}`);
  const numbers = points as readonly number[];
  const xs = numbers.filter((_, at) => at % 2 === 0);
  const ys = numbers.filter((_, at) => at % 2 === 1);
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)];
}

/** A record as a side file. Its rate and its maker have no place in the form: the reader must be told the rate. */
export function m4OfOcr(
  ocr: VideoOcr,
  { widthPx, heightPx }: { readonly widthPx: number; readonly heightPx: number },
): Readonly<Record<string, unknown>> {
  const entryOf = (word: OcrWord, at: number): Readonly<Record<string, unknown>> => {
    const [x1, y1, x2, y2] = word.box01;
    const [left, top, right, bottom] = [
      pixelsOf(x1, widthPx),
      pixelsOf(y1, heightPx),
      pixelsOf(x2, widthPx),
      pixelsOf(y2, heightPx),
    ];
    const back = boxOfPixels([left, top, right, bottom], widthPx, heightPx);
    return {
      ocr: word.text,
      points: [left, top, right, top, right, bottom, left, bottom],
      ...(back.every((edge, i) => edge === word.box01[i]) ? {} : { box01: word.box01 }),
      ...(word.confidence === null ? {} : { confidence: word.confidence }),
      ...(word.line === at + 1 ? {} : { line: word.line }),
    };
  };
  return Object.fromEntries(ocr.frames.map(({ frame, words }) => [String(frame), words.map(entryOf)]));
}
