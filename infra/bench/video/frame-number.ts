import type { Picture } from '../../../activities/ports.js';

/**
 * Every frame of the bench's film carries its number as a row of black and white squares in its lower left corner, most
 * significant first, so that no side can pass with a neighbour's frame. They are wide enough to be read in an overview.
 */
export const BITS = 11;
/** A square's side over the width of the frame. */
const SIDE = 1 / 40;
const WHITE = 235;
const BLACK = 16;

/** Draws the number into a luma plane (video range). */
export function drawNumber(luma: Uint8Array, widthPx: number, heightPx: number, number: number): void {
  const side = Math.round(widthPx * SIDE);
  for (let bit = 0; bit < BITS; bit++) {
    const level = (number >> (BITS - 1 - bit)) & 1 ? WHITE : BLACK;
    for (let y = heightPx - side; y < heightPx; y++)
      luma.fill(level, y * widthPx + bit * side, y * widthPx + (bit + 1) * side);
  }
}

/** The number in a picture of any size: the middle of each square, against half of white. */
export function readNumber({ widthPx, heightPx, channels, data }: Picture): number {
  const side = widthPx * SIDE;
  const y = Math.floor(heightPx - side / 2);
  let number = 0;
  for (let bit = 0; bit < BITS; bit++) {
    const x = Math.floor((bit + 0.5) * side);
    number = number * 2 + ((data[(y * widthPx + x) * channels] ?? 0) > 127 ? 1 : 0);
  }
  return number;
}
