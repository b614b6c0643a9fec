/**
 * Rec. 601 video range (16–235 luma), the one conversion that both adapters and every picture of the small
 * world use.
 */

/** Full-range grey of a video-range luma byte. */
export const FULL_FROM_VIDEO: Uint8Array = Uint8Array.from({ length: 256 }, (_, luma) =>
  Math.round(Math.min(255, Math.max(0, ((luma - 16) * 255) / 219))),
);

/** Video-range luma of a full-range grey byte. */
const VIDEO_FROM_FULL: Uint8Array = Uint8Array.from(
  { length: 256 },
  (_, grey) => 16 + Math.round((grey * 219) / 255),
);

/** A frame as an encoder takes it: what `yuv420p` makes of it, or itself where it is planar YUV 4:2:0 already. */
export function planarYuv(
  pixels: Uint8Array,
  widthPx: number,
  heightPx: number,
  channels: 1 | 4 | 'yuv420p',
): Uint8Array {
  if (channels !== 'yuv420p') return yuv420p(pixels, widthPx, heightPx, channels);
  const size = (widthPx * heightPx * 3) / 2;
  if (pixels.length === size) return pixels;
  throw new Error(`a frame of ${widthPx}×${heightPx} in YUV 4:2:0 has ${size} bytes, not ${pixels.length}`);
}

/** Planar YUV 4:2:0, video range, of a grey or RGBA picture with even sides. Chroma is the mean of 2×2 pixels. */
export function yuv420p(pixels: Uint8Array, widthPx: number, heightPx: number, channels: 1 | 4): Uint8Array {
  const count = widthPx * heightPx;
  const yuv = new Uint8Array((count * 3) / 2);
  if (channels === 4) {
    rgbaToYuv(pixels, widthPx, heightPx, yuv);
    return yuv;
  }
  for (let i = 0; i < count; i++) yuv[i] = VIDEO_FROM_FULL[pixels[i] ?? 0] ?? 16;
  return yuv.fill(128, count);
}

/** Two rows at a time, four pixels a turn, written out: it runs for every pixel of every frame of the small world. */
function rgbaToYuv(rgba: Uint8Array, widthPx: number, heightPx: number, yuv: Uint8Array): void {
  let u = widthPx * heightPx;
  let v = u + u / 4;
  let upper = 0;
  let lower = widthPx * 4;
  let to = 0;
  for (let y = 0; y < heightPx; y += 2) {
    for (let x = 0; x < widthPx; x += 2, to += 2, upper += 8, lower += 8) {
      const [r1, g1, b1] = [byte(rgba, upper), byte(rgba, upper + 1), byte(rgba, upper + 2)];
      const [r2, g2, b2] = [byte(rgba, upper + 4), byte(rgba, upper + 5), byte(rgba, upper + 6)];
      const [r3, g3, b3] = [byte(rgba, lower), byte(rgba, lower + 1), byte(rgba, lower + 2)];
      const [r4, g4, b4] = [byte(rgba, lower + 4), byte(rgba, lower + 5), byte(rgba, lower + 6)];
      yuv[to] = lumaOf(r1, g1, b1);
      yuv[to + 1] = lumaOf(r2, g2, b2);
      yuv[to + widthPx] = lumaOf(r3, g3, b3);
      yuv[to + widthPx + 1] = lumaOf(r4, g4, b4);
      const red = r1 + r2 + r3 + r4;
      const green = g1 + g2 + g3 + g4;
      const blue = b1 + b2 + b3 + b4;
      yuv[u++] = (-38 * red - 74 * green + 112 * blue + 512 + 131_072) >> 10;
      yuv[v++] = (112 * red - 94 * green - 18 * blue + 512 + 131_072) >> 10;
    }
    to += widthPx;
    upper += widthPx * 4;
    lower += widthPx * 4;
  }
}

function lumaOf(red: number, green: number, blue: number): number {
  return (66 * red + 129 * green + 25 * blue + 128 + 4096) >> 8;
}

function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}
