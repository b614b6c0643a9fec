import type { Box01 } from '../world/records.js';
import { RowRefusal } from './refusal.js';
import { shown } from './row.js';

/** How far a box may reach past the frame before it is wrong, in pixels: what rounding and dilation of detectors do. */
const SLACK_PX = 1;

/** Digits that a box keeps: two thousandths of a pixel at 1920. Also what makes pixels and fractions map back and forth. */
const DIGITS = 1e6;

/**
 * A box in pixels as fractions of the frame, to six decimals. Up to a pixel past an edge is cut off; more, or no area,
 * is refused.
 */
export function boxOfPixels(
  [x1, y1, x2, y2]: readonly [number, number, number, number],
  widthPx: number,
  heightPx: number,
): Box01 {
  const outside =
    Math.min(x1, y1) < -SLACK_PX ||
    Math.max(x1, x2) > widthPx + SLACK_PX ||
    Math.max(y1, y2) > heightPx + SLACK_PX;
  if (outside)
    throw new RowRefusal(
      'box-outside',
      `the box ${[x1, y1, x2, y2].map(short).join(', ')} is outside the frame of ${widthPx}×${heightPx} pixels`,
    );
  const fraction = (value: number, size: number): number =>
    Math.round(Math.min(1, Math.max(0, value / size)) * DIGITS) / DIGITS;
  return boxWithArea([
    fraction(x1, widthPx),
    fraction(y1, heightPx),
    fraction(x2, widthPx),
    fraction(y2, heightPx),
  ]);
}

/** A fraction of the frame in pixels, so that `boxOfPixels` gives the same fraction, where it has six decimals. */
export function pixelsOf(fraction: number, sizePx: number): number {
  return Math.round(fraction * sizePx * DIGITS) / DIGITS;
}

/** Four fractions with area inside the frame. */
export function box01Of(value: unknown, name: string): Box01 {
  if (!Array.isArray(value) || value.length !== 4 || !value.every((edge) => typeof edge === 'number'))
    throw new RowRefusal('wrong-type', `expected "${name}" to be four numbers, got ${shown(value)}`);
  const [x1, y1, x2, y2] = value as [number, number, number, number];
  const outside = [x1, y1, x2, y2].find((edge) => !(edge >= 0 && edge <= 1));
  if (outside !== undefined)
    throw new RowRefusal(
      'box-outside',
      `${outside} in "${name}" is outside 0 to 1: boxes are fractions of the frame`,
    );
  return boxWithArea([x1, y1, x2, y2]);
}

function boxWithArea(box: Box01): Box01 {
  const [x1, y1, x2, y2] = box;
  if (x1 < x2 && y1 < y2) return box;
  throw new RowRefusal(
    'bad-value',
    `the box ${box.map(short).join(', ')} has no area: its left edge must be left of its right one, its upper above its lower`,
  );
}

function short(value: number): string {
  return String(Math.round(value * 1e4) / 1e4);
}
