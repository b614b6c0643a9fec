import type { Reason } from './reasons.js';
import type { TruthMeasure } from './measure.js';
import type { VideoCounts } from './records.js';

/** `report.json` of a curated folder: what came of what, and why not. Nothing in it depends on when or how fast it was made. */
export interface CurationReport {
  readonly version: 1;
  readonly videos: { readonly total: number; readonly read: number; readonly failed: number };
  readonly frames: { readonly sampled: number; readonly read: number };
  /** Words in frames that were read, and words left out, by why. */
  readonly texts: { readonly read: number; readonly dropped: Readonly<Record<string, number>> };
  readonly questions: {
    readonly total: number;
    readonly refused: number;
    readonly matched: number;
    readonly ambiguous: number;
    readonly missing: number;
    /** Of videos that failed. */
    readonly lost: number;
  };
  readonly trajectories: {
    readonly made: number;
    readonly accepted: Readonly<Record<string, number>>;
    readonly rejected: Readonly<Partial<Record<Reason, number>>>;
  };
  readonly decisions: { readonly read: number; readonly problems: readonly string[] } | null;
  /** Against the evidence that the questions bring; null where they bring none. */
  readonly truth: TruthMeasure | null;
  /** Lines of questions.jsonl that were refused, with their number and why. */
  readonly refusedLines: readonly string[];
  readonly failures: readonly VideoFailure[];
  readonly madeBy: Readonly<Record<string, string>>;
}

export interface VideoFailure {
  readonly video: string;
  readonly questions: number;
  readonly why: string;
}

export const NO_COUNTS: VideoCounts = {
  frames: 0,
  framesRead: 0,
  texts: 0,
  dropped: {},
  matched: 0,
  ambiguous: 0,
  missing: 0,
};

export function addCounts(a: VideoCounts, b: VideoCounts): VideoCounts {
  return {
    frames: a.frames + b.frames,
    framesRead: a.framesRead + b.framesRead,
    texts: a.texts + b.texts,
    dropped: tally(a.dropped, b.dropped),
    matched: a.matched + b.matched,
    ambiguous: a.ambiguous + b.ambiguous,
    missing: a.missing + b.missing,
  };
}

/** How often each name occurs, names sorted. */
export function countBy<T extends string>(names: readonly T[]): Readonly<Partial<Record<T, number>>> {
  const counts: Partial<Record<T, number>> = {};
  for (const name of [...names].sort()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function tally(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return Object.fromEntries(names.map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
}
