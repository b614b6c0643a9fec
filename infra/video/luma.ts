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

/** Planar YUV 4:2:0, video range, of a grey or RGBA picture with even sides. Chroma is the mean of 2×2 pixels. */
export function yuv420p(pixels: Uint8Array, widthPx: number, heightPx: number, channels: 1 | 4): Uint8Array {
  const count = widthPx * heightPx;
  const yuv = new Uint8Array((count * 3) / 2).fill(128, count);
  if (channels === 1) {
    for (let i = 0; i < count; i++) yuv[i] = VIDEO_FROM_FULL[pixels[i] ?? 0] ?? 16;
    return yuv;
  }
  let u = count;
  let v = count + count / 4;
  for (let y = 0; y < heightPx; y += 2) {
    for (let x = 0; x < widthPx; x += 2) {
      let [red, green, blue] = [0, 0, 0];
      for (let corner = 0; corner < 4; corner++) {
        const at = (y + (corner >> 1)) * widthPx + x + (corner & 1);
        const r = pixels[at * 4] ?? 0;
        const g = pixels[at * 4 + 1] ?? 0;
        const b = pixels[at * 4 + 2] ?? 0;
        yuv[at] = (66 * r + 129 * g + 25 * b + 128 + 4096) >> 8;
        red += r;
        green += g;
        blue += b;
      }
      yuv[u++] = (-38 * red - 74 * green + 112 * blue + 512 + 131_072) >> 10;
      yuv[v++] = (112 * red - 94 * green - 18 * blue + 512 + 131_072) >> 10;
    }
  }
  return yuv;
}
