import type { Box01 } from '../../domain/world/records.js';
import type { Region } from './resample.js';

/** The whole pixels that a box touches: at least one, never outside the picture. */
export function regionOf(box01: Box01, widthPx: number, heightPx: number): Region {
  const [x1, y1, x2, y2] = box01;
  const x = Math.min(widthPx - 1, Math.floor(x1 * widthPx));
  const y = Math.min(heightPx - 1, Math.floor(y1 * heightPx));
  return {
    x,
    y,
    w: Math.max(1, Math.min(widthPx, Math.ceil(x2 * widthPx)) - x),
    h: Math.max(1, Math.min(heightPx, Math.ceil(y2 * heightPx)) - y),
  };
}
