/// <reference lib="dom" />
import type { TrajectoryRecord, TrajectoryTurn } from '../../../domain/data/records.js';
import type { Box01 } from '../../../domain/world/records.js';

/** No box gets smaller than this share of the frame. */
const LEAST = 0.005;

/** Which side of a box follows the pointer: −1 left or top, 1 right or bottom, 0 neither. */
export interface Grip {
  readonly x: -1 | 0 | 1;
  readonly y: -1 | 0 | 1;
}

/** The trajectory with another turn in that place. What the turn had read is no longer known when its look is another. */
export function withTurn(
  trajectory: TrajectoryRecord,
  at: number,
  change: Partial<Pick<TrajectoryTurn, 'thought' | 'action'>>,
): TrajectoryRecord {
  const turns = trajectory.turns.map((turn, index) => {
    if (index !== at) return turn;
    const { reads, ...rest } = { ...turn, ...change };
    return change.action === undefined && reads !== undefined ? { ...rest, reads } : rest;
  });
  return { ...trajectory, turns };
}

/** Moved as far as the frame allows, its size kept. */
export function movedBox([x1, y1, x2, y2]: Box01, dx: number, dy: number): Box01 {
  const x = clamp(x1 + dx, 0, 1 - (x2 - x1));
  const y = clamp(y1 + dy, 0, 1 - (y2 - y1));
  return rounded([x, y, x + (x2 - x1), y + (y2 - y1)]);
}

/** One or two sides moved, never past the opposite ones. */
export function sizedBox([x1, y1, x2, y2]: Box01, grip: Grip, dx: number, dy: number): Box01 {
  return rounded([
    grip.x < 0 ? clamp(x1 + dx, 0, x2 - LEAST) : x1,
    grip.y < 0 ? clamp(y1 + dy, 0, y2 - LEAST) : y1,
    grip.x > 0 ? clamp(x2 + dx, x1 + LEAST, 1) : x2,
    grip.y > 0 ? clamp(y2 + dy, y1 + LEAST, 1) : y2,
  ]);
}

/** `3, 4 7` → [3, 4, 7]; null where it is no list of frame numbers. */
export function framesIn(text: string): readonly number[] | null {
  const parts = text.split(/[\s,]+/).filter(Boolean);
  const frames = parts.map(Number);
  return frames.length > 0 && frames.every((frame) => Number.isInteger(frame) && frame >= 1) ? frames : null;
}

/** A ten-thousandth of the frame is less than a pixel of 4K. */
function rounded(box: Box01): Box01 {
  const [x1, y1, x2, y2] = box.map((side) => Math.round(side * 1e4) / 1e4);
  return [x1!, y1!, x2!, y2!];
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), Math.max(low, high));
}
