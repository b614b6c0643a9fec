import type { Box01 } from '../world/records.js';

/** Intersection over union of two boxes. */
export function iou(a: Box01, b: Box01): number {
  const shared = sharedArea(a, b);
  const union = area(a) + area(b) - shared;
  return union > 0 ? shared / union : 0;
}

/** Share of the smaller box that the other covers. */
export function sharedOfSmaller(a: Box01, b: Box01): number {
  const smaller = Math.min(area(a), area(b));
  return smaller <= 0 ? 0 : sharedArea(a, b) / smaller;
}

/** The smallest box around all of them. */
export function around(boxes: readonly Box01[]): Box01 {
  return boxes.reduce((a, b) => [
    Math.min(a[0], b[0]),
    Math.min(a[1], b[1]),
    Math.max(a[2], b[2]),
    Math.max(a[3], b[3]),
  ]);
}

/** A box with a margin, cut at the frame's edges and rounded to 1/10,000 outwards, so that records stay short. */
export function grown([x1, y1, x2, y2]: Box01, marginX01: number, marginY01: number): Box01 {
  const out = (value: number, round: (v: number) => number): number =>
    Math.min(1, Math.max(0, round(value * 10_000) / 10_000));
  return [
    out(x1 - marginX01, Math.floor),
    out(y1 - marginY01, Math.floor),
    out(x2 + marginX01, Math.ceil),
    out(y2 + marginY01, Math.ceil),
  ];
}

/** Share of the shorter of two intervals that the other covers. */
export function overlap1d(a1: number, a2: number, b1: number, b2: number): number {
  const shorter = Math.min(a2 - a1, b2 - b1);
  return shorter <= 0 ? 0 : Math.max(0, Math.min(a2, b2) - Math.max(a1, b1)) / shorter;
}

function area([x1, y1, x2, y2]: Box01): number {
  return Math.max(0, x2 - x1) * Math.max(0, y2 - y1);
}

function sharedArea(a: Box01, b: Box01): number {
  const across = Math.min(a[2], b[2]) - Math.max(a[0], b[0]);
  const down = Math.min(a[3], b[3]) - Math.max(a[1], b[1]);
  return Math.max(0, across) * Math.max(0, down);
}
