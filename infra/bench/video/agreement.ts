import { readFile } from 'node:fs/promises';
import type { Picture } from '../../../activities/ports.js';
import { FILM } from './film.js';
import { readNumber } from './frame-number.js';
import type { Check, Scenario } from './scenarios.js';

/** Mean difference of a frame's bytes: converters round; scalers differ wherever there is an edge, and text is edges. */
const LEVELS = 4;
const SCALED_LEVELS = 8;

/** Why two sides' first runs show that they do not give the same pictures; null where they do. */
export async function disagreement(scenario: Scenario, ours: Check, theirs: Check): Promise<string | null> {
  const [mine, other] = await Promise.all([picturesOf(ours), picturesOf(theirs)]);
  const asked = scenario.sets[0]!;
  if (mine.length !== asked.length || other.length !== asked.length)
    return `${asked.length} frames were asked for; ours gave ${mine.length}, they ${other.length}`;
  for (const [i, index] of asked.entries()) {
    const reason = differ(mine[i]!, other[i]!, (index - 1) % FILM.frames, scenario.size !== null);
    if (reason !== null) return `frame ${index}: ${reason}`;
  }
  return null;
}

/** Exported for its tests. */
export function differ(ours: Picture, theirs: Picture, number: number, scaled = false): string | null {
  if (ours.widthPx !== theirs.widthPx || ours.heightPx !== theirs.heightPx)
    return `ours is ${ours.widthPx}×${ours.heightPx}, theirs ${theirs.widthPx}×${theirs.heightPx}`;
  const [mine, other] = [readNumber(ours), readNumber(theirs)];
  if (mine !== number || other !== number)
    return `it carries the number ${number}; ours shows ${mine}, theirs ${other}`;
  let sum = 0;
  for (let i = 0; i < ours.data.length; i++) sum += Math.abs(ours.data[i]! - theirs.data[i]!);
  const mean = sum / ours.data.length;
  const allowed = scaled ? SCALED_LEVELS : LEVELS;
  return mean <= allowed ? null : `the pictures differ by ${mean.toFixed(1)} levels (allowed: ${allowed})`;
}

async function picturesOf({ file, frames, widthPx, heightPx }: Check): Promise<readonly Picture[]> {
  const bytes = await readFile(file);
  const size = widthPx * heightPx * 3;
  return Array.from({ length: frames }, (_, i) => ({
    widthPx,
    heightPx,
    channels: 3 as const,
    data: bytes.subarray(i * size, (i + 1) * size),
  }));
}
