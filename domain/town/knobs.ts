import { UserError } from '../failures.js';

/** How hard a town is. Shares and heights are in percent, so that one setting means the same at every frame size. */
export interface Knobs {
  readonly widthPx: number;
  readonly heightPx: number;
  /** Encoded frames a second. */
  readonly fps: number;
  /** Scenes a video, each of another kind, with a cut between. */
  readonly scenes: number;
  readonly sceneSec: number;
  /** Height of a capital of the smallest texts that are asked for, in percent of the frame's height. */
  readonly textPct: number;
  /** 1: black on white; 0.2: ink that is hardly darker than its paper. */
  readonly contrast: number;
  /** Defocus: standard deviation in percent of the frame's height; a scene starts at three times as much and settles. */
  readonly blurPct: number;
  /** Exposure in milliseconds: what moves meanwhile is smeared. */
  readonly shutterMs: number;
  /** Way of a pan within a scene, in percent of the frame's width. */
  readonly panPct: number;
  /** Change of scale within a scene, in percent. */
  readonly zoomPct: number;
  /** Shake of a hand-held camera, in percent of the frame's height. */
  readonly shakePct: number;
  /** Largest tilt of the camera, in degrees. */
  readonly tiltDeg: number;
  /** Share of scenes in which something passes in front, in percent. */
  readonly occludedPct: number;
  /** 0: as few lines as a scene needs; 1: as many as it can hold. */
  readonly clutter: number;
  /** Unevenness of the light, in percent. */
  readonly shadePct: number;
  /** Peak of the noise of a pixel, in levels of 255. */
  readonly noise: number;
  /** Of H.264; each video's lies within 3 of it. */
  readonly crf: number;
  /** How long a brief notice stays, in seconds. */
  readonly briefSec: number;
}

interface Range {
  readonly low: number;
  readonly high: number;
  readonly unit: string;
  readonly whole?: true;
}

/** Ranges of the knobs, both ends included. */
export const RANGES: Readonly<Record<keyof Knobs, Range>> = {
  widthPx: { low: 128, high: 3840, unit: 'px, even', whole: true },
  heightPx: { low: 96, high: 2160, unit: 'px, even', whole: true },
  fps: { low: 1, high: 60, unit: 'frames/s', whole: true },
  scenes: { low: 3, high: 10, unit: 'scenes', whole: true },
  sceneSec: { low: 1, high: 60, unit: 's', whole: true },
  textPct: { low: 2, high: 10, unit: '% of the height' },
  contrast: { low: 0.2, high: 1, unit: 'share' },
  blurPct: { low: 0, high: 2, unit: '% of the height' },
  shutterMs: { low: 0, high: 250, unit: 'ms' },
  panPct: { low: 0, high: 25, unit: '% of the width' },
  zoomPct: { low: 0, high: 40, unit: '%' },
  shakePct: { low: 0, high: 3, unit: '% of the height' },
  tiltDeg: { low: 0, high: 6, unit: 'degrees' },
  occludedPct: { low: 0, high: 100, unit: '% of the scenes' },
  clutter: { low: 0, high: 1, unit: 'share' },
  shadePct: { low: 0, high: 80, unit: '%' },
  noise: { low: 0, high: 40, unit: 'levels' },
  crf: { low: 10, high: 45, unit: 'crf', whole: true },
  briefSec: { low: 0.25, high: 10, unit: 's' },
};

const SIZE = { widthPx: 256, heightPx: 144, fps: 4, scenes: 4, sceneSec: 2 };

export const PRESETS = {
  easy: {
    ...SIZE, textPct: 8, contrast: 1, blurPct: 0, shutterMs: 0, panPct: 3, zoomPct: 4, shakePct: 0, tiltDeg: 0,
    occludedPct: 0, clutter: 0.1, shadePct: 10, noise: 2, crf: 20, briefSec: 2,
  },
  medium: {
    ...SIZE, textPct: 6.5, contrast: 0.85, blurPct: 0.1, shutterMs: 20, panPct: 6, zoomPct: 8, shakePct: 0.4, tiltDeg: 1.5,
    occludedPct: 30, clutter: 0.4, shadePct: 25, noise: 5, crf: 25, briefSec: 1,
  },
  hard: {
    ...SIZE, textPct: 5, contrast: 0.65, blurPct: 0.2, shutterMs: 40, panPct: 10, zoomPct: 14, shakePct: 0.8, tiltDeg: 3,
    occludedPct: 60, clutter: 0.9, shadePct: 45, noise: 9, crf: 31, briefSec: 0.5,
  },
} as const satisfies Readonly<Record<string, Knobs>>; // prettier-ignore

export type Difficulty = keyof typeof PRESETS;
export const DIFFICULTIES = Object.keys(PRESETS) as readonly Difficulty[];

/** A preset with some knobs turned. Throws a UserError that names the knob and its range. */
export function knobsOf(difficulty: Difficulty, turned: Readonly<Record<string, number>> = {}): Knobs {
  for (const name of Object.keys(turned)) {
    if (Object.hasOwn(RANGES, name)) continue;
    throw new UserError(
      `knob ${name}: there is no such knob`,
      `The knobs are ${Object.keys(RANGES).join(', ')}.`,
    );
  }
  const knobs: Knobs = { ...PRESETS[difficulty], ...turned };
  for (const [name, { low, high, unit, whole }] of Object.entries(RANGES)) {
    const value = knobs[name as keyof Knobs];
    if (value >= low && value <= high && (whole !== true || Number.isInteger(value))) continue;
    const kind = whole === true ? 'a whole number' : 'a number';
    throw new UserError(`knob ${name}: expected ${kind} from ${low} to ${high} (${unit}), got ${value}`);
  }
  refuseOddSizes(knobs);
  if (knobs.briefSec > knobs.sceneSec || knobs.briefSec < 1 / knobs.fps)
    throw new UserError(
      `knob briefSec: expected a time from one frame (${1 / knobs.fps} s) to a scene (${knobs.sceneSec} s), got ${knobs.briefSec}`,
    );
  return knobs;
}

/** 4:2:0 wants even sides; scenes are laid out for pictures from 4:3 to 21:9. */
function refuseOddSizes({ widthPx, heightPx }: Knobs): void {
  const aspect = widthPx / heightPx;
  if (widthPx % 2 === 0 && heightPx % 2 === 0 && aspect >= 1.3 && aspect <= 2.4) return;
  throw new UserError(`size: expected even sides, from 4:3 to 21:9, got ${widthPx}x${heightPx}`);
}

/** A rate of sampling at which every answer can be seen: once a second, or as often as a brief notice needs. */
export function lookFpsOf({ briefSec, fps }: Knobs): number {
  return Math.min(fps, Math.max(1, Math.ceil(1 / briefSec)));
}
