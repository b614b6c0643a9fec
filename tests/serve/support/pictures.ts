import sharp from 'sharp';

/** A grey picture as a PNG data URL. */
export async function pngUrl(grey: Uint8Array, widthPx: number, heightPx: number): Promise<string> {
  const png = await sharp(grey, { raw: { width: widthPx, height: heightPx, channels: 1 } })
    .png()
    .toBuffer();
  return `data:image/png;base64,${png.toString('base64')}`;
}

/** Eight frames of noise-free grey ramps, each of its own, at the overview's size. */
export function ramps(): Promise<readonly string[]> {
  return Promise.all(
    Array.from({ length: 8 }, (_, frame) =>
      pngUrl(
        Uint8Array.from({ length: 32 * 18 }, (_, i) => (i * 3 + frame * 29) % 256),
        32,
        18,
      ),
    ),
  );
}
