import type { SizePx } from '../tools/contract.js';

/** `shown` of the frames 1 … `frames`, in the middle of equal stretches; all of them where there are no more. */
export function spread(frames: number, shown: number): readonly number[] {
  const count = Math.min(frames, shown);
  return Array.from({ length: count }, (_, i) => Math.floor(((i + 0.5) * frames) / count) + 1);
}

/** Vision towers see in patches of about this edge, and some servers refuse what is smaller than one. */
export const LEAST_EDGE_PX = 56;
/** A region of few pixels is enlarged by at most this much: more shows nothing more. */
const MOST_ENLARGED = 4;

/**
 * Size at which a picture is shown: at most `pixels` in all, its aspect kept (to a pixel). What is small is
 * enlarged until its shorter edge has `LEAST_EDGE_PX`, by at most 4; beyond, the picture is padded by who draws it.
 */
export function sizeWithin({ widthPx, heightPx }: SizePx, pixels: number): SizePx {
  const fits = Math.sqrt(pixels / (widthPx * heightPx));
  const legible = Math.max(1, Math.min(MOST_ENLARGED, LEAST_EDGE_PX / Math.min(widthPx, heightPx)));
  const scale = Math.min(fits, legible);
  return {
    widthPx: Math.max(1, Math.floor(widthPx * scale)),
    heightPx: Math.max(1, Math.floor(heightPx * scale)),
  };
}
