import { stream } from '../../../domain/seeds.js';
import type { SizePx } from '../../../domain/tools/contract.js';
import { FILM } from './film.js';
import type { Films } from './films.js';

/**
 * Frames of a video, opened for it, as RGB in memory. Run k takes the k-th set of frames (and the k-th name of the file), so
 * that no run finds what the run before has left, and all sides take the same.
 */
export interface Scenario {
  readonly name: 'random' | 'overview' | 'first' | 'twoHours';
  /** For people. */
  readonly title: string;
  /** Names of one file. */
  readonly files: readonly string[];
  readonly fps: number;
  /** 1-based, ascending. */
  readonly sets: readonly (readonly number[])[];
  /** Native size where null. */
  readonly size: SizePx | null;
  /** Folder for the first run's frames, which are compared. */
  readonly scratch: string;
}

/** What a side says of its first run: its frames, one after the other in a file, to be compared. */
export interface Check {
  readonly file: string;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly frames: number;
}

/** More than any measurement takes. */
const SETS = 64;
const RANDOM_FRAMES = 8;
const OVERVIEW_FRAMES = 32;
const OVERVIEW_SIZE: SizePx = { widthPx: 320, heightPx: 180 };

/** @param places.links names of the ten-minute file that nobody has opened */
export function scenarios(
  films: Films,
  { links, scratch }: { readonly links: readonly string[]; readonly scratch: string },
): readonly Scenario[] {
  const { fps } = FILM;
  const tenMinutes = 600 * fps;
  const twoHours = 7200 * fps;
  const random = (name: string, frames: number, of: number): readonly (readonly number[])[] =>
    Array.from({ length: SETS }, (_, k) => {
      const draw = stream('bench video', name, k);
      return Array.from({ length: frames }, () => draw.int(1, of + 1)).sort((a, b) => a - b);
    });
  const step = tenMinutes / OVERVIEW_FRAMES;
  const overview = Array.from({ length: SETS }, (_, k) =>
    // Shifted a little from run to run, for the same reason.
    Array.from({ length: OVERVIEW_FRAMES }, (_, i) => 1 + Math.floor(step * i + (step * k) / SETS)),
  );
  const all: readonly Omit<Scenario, 'scratch'>[] = [
    {
      name: 'random',
      title: `${RANDOM_FRAMES} random frames of 10 minutes`,
      files: [films.tenMinutes],
      fps,
      sets: random('random', RANDOM_FRAMES, tenMinutes),
      size: null,
    },
    {
      name: 'overview',
      title: `${OVERVIEW_FRAMES} frames of 10 minutes at ${OVERVIEW_SIZE.widthPx}×${OVERVIEW_SIZE.heightPx}`,
      files: [films.tenMinutes],
      fps,
      sets: overview,
      size: OVERVIEW_SIZE,
    },
    {
      name: 'first',
      title: 'first frame of a file not opened before',
      files: links,
      fps,
      sets: [[1]],
      size: null,
    },
    {
      name: 'twoHours',
      title: 'any frame of two hours',
      files: [films.twoHours],
      fps,
      sets: random('two hours', 1, twoHours),
      size: null,
    },
  ];
  return all.map((scenario) => ({ ...scenario, scratch }));
}
