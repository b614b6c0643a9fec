import sharp from 'sharp';
import type { ShownPicture } from '../../../domain/conversation/records.js';

/** A ramp of its own for each frame, at the size that a picture says it has. */
export function imageOf({ frame, widthPx, heightPx }: ShownPicture): Promise<Uint8Array> {
  const grey = Uint8Array.from({ length: widthPx * heightPx }, (_, i) => (i * 3 + frame * 29) % 256);
  return sharp(grey, { raw: { width: widthPx, height: heightPx, channels: 1 } })
    .png()
    .toBuffer();
}
