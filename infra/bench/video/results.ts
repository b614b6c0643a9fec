import type { Machine } from '../machine.js';
import type { Ratio, Summary } from '../samples.js';
import type { CropTimes } from './crop.js';
import type { CurationSpeed } from './curation.js';
import type { Scenario } from './scenarios.js';

/** The result for programs. A part that was not asked for is null. */
export interface VideoBench {
  /** ISO 8601. */
  readonly at: string;
  readonly threads: number;
  /** Whether all processes were held to that many cores. */
  readonly pinned: boolean;
  readonly random: VideoDuel | null;
  readonly overview: VideoDuel | null;
  readonly first: VideoDuel | null;
  readonly twoHours: (VideoDuel & { readonly peakMiB: Readonly<Record<string, PeakMemory | null>> }) | null;
  readonly crop: CropTimes | null;
  /** How fast text is read, by each engine that is here. */
  readonly curation: readonly CurationSpeed[] | null;
  /** Why there are no rivals; null where there are. */
  readonly reason: string | null;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
}

export interface VideoDuel {
  readonly title: Scenario['title'];
  readonly ours: Summary;
  /** By contestant; those that could not take part have a reason in its place. */
  readonly theirs: Readonly<
    Record<string, (Summary & { readonly ratio: Ratio }) | { readonly reason: string }>
  >;
  /** The fastest rival's time / ours; null where there is none. Our other adapter is no rival. */
  readonly ratio: Ratio | null;
  readonly fastestRival: string | null;
}

/** MiB resident at most, in a fresh process that reads one frame. */
export interface PeakMemory {
  /** All processes of that side. */
  readonly all: number;
  /** The largest one. */
  readonly largest: number;
}
