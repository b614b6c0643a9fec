import type { Box01 } from '../world/records.js';
import type { Pose } from './camera.js';

/** Corners of a text's ink, in pixels of the scene's picture at zoom 1 from its middle. */
export type Quad = readonly (readonly [x: number, y: number])[];

export interface Size {
  readonly widthPx: number;
  readonly heightPx: number;
}

/** [x1, y1, x2, y2] in pixels of the frame, not clipped. */
export type BoxPx = readonly [x1: number, y1: number, x2: number, y2: number];

/** The box that a quad takes up in a frame. */
export function boxThrough(pose: Pose, quad: Quad, { widthPx, heightPx }: Size): BoxPx {
  const cos = Math.cos(pose.tiltRad) * pose.zoom;
  const sin = Math.sin(pose.tiltRad) * pose.zoom;
  let [x1, y1, x2, y2] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of quad) {
    const right = cos * x - sin * y + pose.x * heightPx + widthPx / 2;
    const down = sin * x + cos * y + pose.y * heightPx + heightPx / 2;
    [x1, x2] = [Math.min(x1, right), Math.max(x2, right)];
    [y1, y2] = [Math.min(y1, down), Math.max(y2, down)];
  }
  return [x1, y1, x2, y2];
}

/** The part of a box within the frame, to four digits; null when there is none. */
export function clipped([x1, y1, x2, y2]: BoxPx, { widthPx, heightPx }: Size): Box01 | null {
  const round = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * 10_000) / 10_000;
  const box: Box01 = [round(x1 / widthPx), round(y1 / heightPx), round(x2 / widthPx), round(y2 / heightPx)];
  return box[2] > box[0] && box[3] > box[1] ? box : null;
}

/** Share of `box` that lies within the frame and under none of the `covers`. */
export function clearShare(box: BoxPx, { widthPx, heightPx }: Size, covers: readonly BoxPx[]): number {
  const area = areaOf(box);
  if (area === 0) return 0;
  const inside = overlap(box, [0, 0, widthPx, heightPx]);
  const covered = covers.reduce((sum, cover) => sum + areaOf(overlap(inside, cover)), 0);
  return Math.round(Math.max(0, (areaOf(inside) - covered) / area) * 100) / 100;
}

export function overlap(one: BoxPx, other: BoxPx): BoxPx {
  return [
    Math.max(one[0], other[0]),
    Math.max(one[1], other[1]),
    Math.min(one[2], other[2]),
    Math.min(one[3], other[3]),
  ];
}

function areaOf([x1, y1, x2, y2]: BoxPx): number {
  return Math.max(0, x2 - x1) * Math.max(0, y2 - y1);
}
