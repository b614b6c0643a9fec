import type { Picture } from '../../activities/ports.js';

/** Blocks across the top of a numbered frame: a white one, ten bits, and one that makes the count of white ones even. */
const BLOCKS = 12;
const BITS = 10;
/** Digits of 3 × 5 dots, row by row, for a person who looks at the frame. */
const DIGITS = ['75557', '26227', '71747', '71717', '55711', '74717', '74757', '71111', '75757', '75717'];
const DARK = 24;
const LIGHT = 224;

/** Video-range luma of frame `n`, for any size of at least 48 × 32: its number as blocks, and drawn. */
export function paintNumber(n: number, widthPx: number, heightPx: number): (x: number, y: number) => number {
  const bits = Array.from({ length: BITS }, (_, bit) => (n >> bit) & 1);
  const odd = (1 + bits.reduce((sum, bit) => sum + bit, 0)) % 2;
  const blocks = [1, ...bits, odd];
  const text = String(n).padStart(3, '0');
  const dotPx = Math.max(1, Math.floor(heightPx / 16));
  return (x, y) => {
    if (y < heightPx / 4) return blocks[Math.floor((x * BLOCKS) / widthPx)] === 1 ? LIGHT : DARK;
    const [column, row] = [Math.floor(x / dotPx) - 1, Math.floor((y - heightPx / 4) / dotPx) - 2];
    const digit = DIGITS[Number(text[Math.floor(column / 4)])];
    const dots = Number.parseInt(digit?.[row] ?? '0', 16);
    return column >= 0 && column % 4 < 3 && (dots >> (2 - (column % 4))) & 1 ? LIGHT : DARK;
  };
}

/** The number that a picture of any size carries; NaN where its blocks contradict each other. */
export function numberOf({ widthPx, heightPx, channels, data }: Picture): number {
  const blocks = Array.from({ length: BLOCKS }, (_, block) => {
    const x = Math.floor(((block + 0.5) * widthPx) / BLOCKS);
    return (data[(Math.floor(heightPx / 8) * widthPx + x) * channels] ?? 0) > 127 ? 1 : 0;
  });
  const even = blocks.reduce<number>((sum, bit) => sum + bit, 0) % 2 === 0;
  if (blocks[0] !== 1 || !even) return NaN;
  return blocks.slice(1, -1).reduce<number>((sum, bit, at) => sum + (bit << at), 0);
}
