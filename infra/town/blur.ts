import type { Frame } from './frame.js';
import { LANES } from './frame.js';
import type { SheetPlanes } from './sheet-planes.js';

/** A blur of the given standard deviation in pixels, in place: passes of [k, 1 − 2k, k] along both axes. */
export function blur({ luma, chroma, widthPx, heightPx }: Frame, sigmaPx: number): void {
  const { passes, weight } = passesOf(sigmaPx);
  for (let pass = 0; pass < passes; pass++) {
    acrossPairs(luma, widthPx / 2, heightPx, weight);
    down(luma, widthPx / 2, heightPx, weight);
  }
  soften(chroma, widthPx / 2, heightPx / 2, sigmaPx / 2);
}

/** The same for a sheet, whose words hold pixels of two rows: each is smoothed with its like. */
export function blurSheet({ luma, chroma, widthPx, heightPx }: SheetPlanes, sigmaPx: number): void {
  soften(luma, widthPx, heightPx, sigmaPx);
  soften(chroma, widthPx / 2, heightPx / 2, sigmaPx / 2);
}

function soften(data: Int32Array, words: number, rows: number, sigmaPx: number): void {
  const { passes, weight } = passesOf(sigmaPx);
  for (let pass = 0; pass < passes; pass++) {
    across(data, words, rows, weight);
    down(data, words, rows, weight);
  }
}

/** How often, and k in 1/256; what nobody would see is left out. */
function passesOf(sigmaPx: number): { readonly passes: number; readonly weight: number } {
  if (sigmaPx < 0.25) return { passes: 0, weight: 0 };
  const variance = sigmaPx * sigmaPx;
  const passes = Math.ceil(variance / 0.5);
  return { passes, weight: Math.round((256 * variance) / (2 * passes)) };
}

/** Both lanes at once: the sums of 8 bits times 256 do not leave their 16. */
function weighed(before: number, here: number, after: number, weight: number): number {
  return (
    ((((Math.imul(before + after, weight) + Math.imul(here, 256 - 2 * weight)) | 0) + 0x800080) >>> 8) & LANES
  );
}

/** Along rows of which a word holds two neighbours: before the left one is the right one of the word before. */
function acrossPairs(data: Int32Array, words: number, rows: number, weight: number): void {
  let at = 0;
  for (let row = 0; row < rows; row++) {
    let here = data[at] as number;
    let before = here & 255;
    for (let n = 1; n <= words; n++, at++) {
      const next = n < words ? (data[at + 1] as number) : here >>> 16;
      data[at] = weighed((here << 16) | before, here, (here >>> 16) | (next << 16), weight);
      before = here >>> 16;
      here = next;
    }
  }
}

/** Along rows of which a word holds one place. */
function across(data: Int32Array, words: number, rows: number, weight: number): void {
  let at = 0;
  for (let row = 0; row < rows; row++) {
    let here = data[at] as number;
    let before = here;
    for (let n = 1; n <= words; n++, at++) {
      const next = n < words ? (data[at + 1] as number) : here;
      data[at] = weighed(before, here, next, weight);
      before = here;
      here = next;
    }
  }
}

/** Along columns, row by row, with the row above as it was. */
function down(data: Int32Array, words: number, rows: number, weight: number): void {
  const above = data.slice(0, words);
  for (let row = 0; row < rows; row++) {
    const start = row * words;
    const step = row + 1 < rows ? words : 0;
    for (let n = 0; n < words; n++) {
      const at = start + n;
      const here = data[at] as number;
      data[at] = weighed(above[n] as number, here, data[at + step] as number, weight);
      above[n] = here;
    }
  }
}
