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

/** Rec. 601, video range: what `yuv420p` (infra/video/luma.ts) does, straight into the form above. */
export function sheetPlanes({ data, widthPx, heightPx }: Words, spare?: SheetPlanes): SheetPlanes {
  const fits = spare?.widthPx === widthPx && spare.heightPx === heightPx;
  const { luma, chroma } = fits ? spare : emptySheet(widthPx * heightPx);
  let at = 0;
  let place = 0;
  for (let y = 0; y < heightPx; y += 2) {
    for (let x = 0; x < widthPx; x += 2, at += 2) {
      const [a, b] = [wordAt(data, at), wordAt(data, at + 1)];
      const [c, d] = [wordAt(data, at + widthPx), wordAt(data, at + widthPx + 1)];
      const [left, right] = [lumaOf(a), lumaOf(b)];
      const [lowerLeft, lowerRight] = [lumaOf(c), lumaOf(d)];
      luma[at] = left | (lowerLeft << 16);
      luma[at + 1] = right | (lowerRight << 16);
      luma[at + widthPx] = lowerLeft;
      luma[at + widthPx + 1] = lowerRight;
      if (y > 0) {
        luma[at - widthPx] = (luma[at - widthPx] as number) | (left << 16);
        luma[at - widthPx + 1] = (luma[at - widthPx + 1] as number) | (right << 16);
      }
      const red = (a & 255) + (b & 255) + (c & 255) + (d & 255);
      const green = ((a >> 8) & 255) + ((b >> 8) & 255) + ((c >> 8) & 255) + ((d >> 8) & 255);
      const blue = ((a >> 16) & 255) + ((b >> 16) & 255) + ((c >> 16) & 255) + ((d >> 16) & 255);
      const u = (-38 * red - 74 * green + 112 * blue + 512 + 131_072) >> 10;
      const v = (112 * red - 94 * green - 18 * blue + 512 + 131_072) >> 10;
      chroma[place++] = u | (v << 16);
    }
    at += widthPx;
  }
  return { luma, chroma, widthPx, heightPx };
}

function emptySheet(pixels: number): Pick<SheetPlanes, 'luma' | 'chroma'> {
  return { luma: new Int32Array(pixels), chroma: new Int32Array(pixels / 4) };
}

function wordAt(data: Uint32Array, at: number): number {
  return (data[at] as number) | 0;
}

function lumaOf(word: number): number {
  return (66 * (word & 255) + 129 * ((word >> 8) & 255) + 25 * ((word >> 16) & 255) + 4224) >> 8;
}
