import type { Box01 } from '../world/records.js';

interface Grey {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly data: Uint8Array;
}

/**
 * How sharp the edges in a box are: root mean square of the Laplacian over the standard deviation of the grey levels.
 * About 1 for crisp text, falling with blur; the contrast cancels out. 0 where there is nothing to see.
 */
export function sharpnessIn({ widthPx, heightPx, data }: Grey, [x1, y1, x2, y2]: Box01): number {
  const [left, right] = [
    Math.max(1, Math.floor(x1 * widthPx)),
    Math.min(widthPx - 1, Math.ceil(x2 * widthPx)),
  ];
  const [top, bottom] = [
    Math.max(1, Math.floor(y1 * heightPx)),
    Math.min(heightPx - 1, Math.ceil(y2 * heightPx)),
  ];
  let [n, sum, squares, edges] = [0, 0, 0, 0];
  for (let y = top; y < bottom; y++) {
    for (let x = left; x < right; x++) {
      const at = y * widthPx + x;
      const value = data[at]!;
      const laplacian = data[at - 1]! + data[at + 1]! + data[at - widthPx]! + data[at + widthPx]! - 4 * value;
      n += 1;
      sum += value;
      squares += value * value;
      edges += laplacian * laplacian;
    }
  }
  if (n === 0) return 0;
  const deviation = Math.sqrt(Math.max(0, squares / n - (sum / n) ** 2));
  return deviation < 1 ? 0 : round(Math.sqrt(edges / n) / 4 / deviation);
}

/** Records keep three digits: more would only be noise. */
function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
