import { LANES } from './frame.js';
import type { Light } from './light.js';
import { LIGHT_STEPS } from './light.js';
import type { Words } from './picture.js';

/**
 * A sheet as the camera wants it: brightness and colour apart, as H.264 keeps them, because colour then costs a quarter.
 * Made once a scene, looked at in every frame. In each word two bytes, 16 bits apart.
 */
export interface SheetPlanes {
  /** Of each pixel its luma, and above it that of the pixel below. */
  readonly luma: Int32Array;
  /** Of each 2×2 pixels the U, and above it the V. */
  readonly chroma: Int32Array;
  /** Even, both. */
  readonly widthPx: number;
  readonly heightPx: number;
}

export function emptySheet(widthPx: number, heightPx: number): SheetPlanes {
  const pixels = widthPx * heightPx;
  return { luma: new Int32Array(pixels), chroma: new Int32Array(pixels / 4), widthPx, heightPx };
}

/** Rec. 601, video range: what `yuv420p` (infra/video/luma.ts) does, in the light that falls on it, straight into the form above. */
export function fillSheet({ luma, chroma, widthPx, heightPx }: SheetPlanes, { data }: Words, light: Light): void {
  let at = 0;
  let place = 0;
  for (let y = 0; y < heightPx; y += 2) {
    const far = (y + 1 - light.yPx) ** 2;
    for (let x = 0; x < widthPx; x += 2, at += 2) {
      const step = Math.min(LIGHT_STEPS - 1, ((x + 1 - light.xPx) ** 2 + far) * light.stepsPerPx2) | 0;
      const keep = light.keep[step] as number;
      const add = light.add[step] as number;
      const [a, b] = [wordAt(data, at), wordAt(data, at + 1)];
      const [c, d] = [wordAt(data, at + widthPx), wordAt(data, at + widthPx + 1)];
      const left = lit(lumaOf(a) | (lumaOf(c) << 16), keep, add);
      const right = lit(lumaOf(b) | (lumaOf(d) << 16), keep, add);
      luma[at] = left;
      luma[at + 1] = right;
      luma[at + widthPx] = left >>> 16;
      luma[at + widthPx + 1] = right >>> 16;
      if (y > 0) {
        luma[at - widthPx] = (luma[at - widthPx] as number) | (left << 16);
        luma[at - widthPx + 1] = (luma[at - widthPx + 1] as number) | (right << 16);
      }
      const red = (a & 255) + (b & 255) + (c & 255) + (d & 255);
      const green = ((a >> 8) & 255) + ((b >> 8) & 255) + ((c >> 8) & 255) + ((d >> 8) & 255);
      const blue = ((a >> 16) & 255) + ((b >> 16) & 255) + ((c >> 16) & 255) + ((d >> 16) & 255);
      const u = (Math.imul(-38 * red - 74 * green + 112 * blue, keep) + CHROMA_MIDDLE) >> 18;
      const v = (Math.imul(112 * red - 94 * green - 18 * blue, keep) + CHROMA_MIDDLE) >> 18;
      chroma[place++] = u | (v << 16);
    }
    at += widthPx;
  }
} // prettier-ignore

/** 128 and a half, in 1/2¹⁸. */
const CHROMA_MIDDLE = (128 << 18) + (1 << 17);

function wordAt(data: Uint32Array, at: number): number {
  return (data[at] as number) | 0;
}

function lumaOf(word: number): number {
  return (66 * (word & 255) + 129 * ((word >> 8) & 255) + 25 * ((word >> 16) & 255) + 4224) >> 8;
}

function lit(two: number, keep: number, add: number): number {
  return ((Math.imul(two, keep) + add) >>> 8) & LANES;
}
