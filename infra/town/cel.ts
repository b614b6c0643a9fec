import type { Frame } from './frame.js';
import { LANES } from './frame.js';
import type { Words } from './picture.js';

/** A picture to be laid over frames, in their form: what it adds, and what it leaves of what lies below, in 1/256. */
export interface Cel {
  readonly luma: Int32Array;
  readonly lumaRest: Int32Array;
  readonly chroma: Int32Array;
  /** One a word: U and V are covered alike. */
  readonly chromaRest: Uint16Array;
  /** Even, both. */
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Where a cel was cut out: even, so that its colours lie on those of a frame. */
export interface CutOut {
  readonly cel: Cel;
  readonly xPx: number;
  readonly yPx: number;
}

/** The part of a canvas that has been drawn on. Cels outlive their canvas, and mostly are small. */
export function cutOut(words: Words): CutOut {
  const { data, widthPx, heightPx } = words;
  let [left, top, right, bottom] = [widthPx, heightPx, 0, 0];
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      if ((data[y * widthPx + x] as number) >>> 24 === 0) continue;
      if (x < left) left = x;
      if (x >= right) right = x + 1;
      if (y < top) top = y;
      bottom = y + 1;
    }
  }
  if (right === 0) return { cel: celOf(words, 0, 0, 0, 0), xPx: 0, yPx: 0 };
  [left, top] = [left & ~1, top & ~1];
  const cel = celOf(words, left, top, (right - left + 1) & ~1, (bottom - top + 1) & ~1);
  return { cel, xPx: left, yPx: top };
}

/** Premultiplied colours stay so: 16 and 128, where luma and chroma begin, are weighed by the alpha too. */
function celOf(words: Words, left: number, top: number, widthPx: number, heightPx: number): Cel {
  const quarter = (widthPx * heightPx) / 4;
  const luma = new Int32Array(quarter * 2);
  const lumaRest = new Int32Array(quarter * 2);
  const chroma = new Int32Array(quarter);
  const chromaRest = new Uint16Array(quarter);
  const at = (x: number, y: number): number =>
    x < words.widthPx && y < words.heightPx ? (words.data[y * words.widthPx + x] as number) : 0;
  let place = 0;
  for (let y = 0; y < heightPx; y += 2) {
    for (let x = 0; x < widthPx; x += 2, place++) {
      let [red, green, blue, alpha] = [0, 0, 0, 0];
      for (let corner = 0; corner < 4; corner++) {
        const [column, row] = [x + (corner & 1), y + (corner >> 1)];
        const word = at(left + column, top + row);
        const [r, g, b, a] = [word & 255, (word >>> 8) & 255, (word >>> 16) & 255, word >>> 24];
        const pair = (row * widthPx + column) >> 1;
        const lane = (corner & 1) * 16;
        luma[pair] = (luma[pair] as number) | (((66 * r + 129 * g + 25 * b + 16 * a + 128) >> 8) << lane);
        lumaRest[pair] = (lumaRest[pair] as number) | (restOf(a) << lane);
        red += r;
        green += g;
        blue += b;
        alpha += a;
      }
      const u = (-38 * red - 74 * green + 112 * blue + 128.5 * alpha + 512) >> 10;
      const v = (112 * red - 94 * green - 18 * blue + 128.5 * alpha + 512) >> 10;
      chroma[place] = Math.max(0, u) | (Math.max(0, v) << 16);
      chromaRest[place] = restOf(alpha / 4);
    }
  }
  return { luma, lumaRest, chroma, chromaRest, widthPx, heightPx };
}

function restOf(alpha: number): number {
  return Math.round((256 * (255 - alpha)) / 255);
}

/** Lays a cel over a frame at (x, y); only the columns of the frame from `from` up to `to` are touched. All even. */
export function lay(frame: Frame, cel: Cel, x: number, y: number, from = 0, to = frame.widthPx): void {
  const left = Math.max(0, from, x) / 2;
  const right = Math.min(frame.widthPx, to, x + cel.widthPx) / 2;
  const top = Math.max(0, y);
  const bottom = Math.min(frame.heightPx, y + cel.heightPx);
  for (let row = top; row < bottom; row++) {
    let at = (row * frame.widthPx) / 2 + left;
    let source = ((row - y) * cel.widthPx) / 2 + left - x / 2;
    for (let pair = left; pair < right; pair++, at++, source++) {
      const rest = cel.lumaRest[source] as number;
      if (rest === CLEAR) continue;
      const under = frame.luma[at] as number;
      const low = ((under & 255) * (rest & 0xffff)) >>> 8;
      const high = ((under >>> 16) * (rest >>> 16)) >>> 8;
      frame.luma[at] = (cel.luma[source] as number) + (low | (high << 16));
    }
  }
  for (let row = top / 2; row < bottom / 2; row++) {
    let at = (row * frame.widthPx) / 2 + left;
    let source = ((row - y / 2) * cel.widthPx) / 2 + left - x / 2;
    for (let place = left; place < right; place++, at++, source++) {
      const rest = cel.chromaRest[source] as number;
      if (rest === 256) continue;
      frame.chroma[at] =
        (cel.chroma[source] as number) + ((Math.imul(frame.chroma[at] as number, rest) >>> 8) & LANES);
    }
  }
}

/** Both pixels of a pair let through all that lies below. */
const CLEAR = 0x01000100;
