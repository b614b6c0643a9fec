import type { CurationPlan, VideoDone } from '../activities/curation/contract.js';
import type { CurationSettings } from '../domain/curation/settings.js';
import type { Ref } from '../domain/refs.js';

export interface CurateInput {
  /** The curation's name, and the workflow's id. */
  readonly name: string;
  /** Data folder and folder to write, absolute. */
  readonly dir: string;
  readonly out: string;
  readonly decisionsFile: string | null;
  readonly settings: CurationSettings;
  /** Events after which it continues as new, beside what the server suggests; for tests. */
  readonly historyLimit?: number;
  /** As for `planCuration`; for tests. */
  readonly batchVideos?: number;
  /** Where an earlier execution of this workflow has left off. */
  readonly state?: CurationState;
}

/** All that is carried through continue-as-new: plain JSON, one ref for each batch. */
export interface CurationState {
  readonly startedAtMs: number;
  readonly plan: CurationPlan;
  /** Outcomes of the batches that are closed. */
  readonly batches: Ref[];
  progress: CurationProgress;
}

/** Sums over the videos so far. */
export interface CurationProgress {
  readonly done: number;
  /** Of those done: found, not computed. */
  readonly reused: number;
  readonly failed: number;
  readonly frames: number;
  readonly texts: number;
  readonly matched: number;
  readonly ambiguous: number;
  readonly missing: number;
  readonly accepted: number;
  readonly rejected: number;
  /** What went wrong last, newest last; the report has all of it. */
  readonly lastFailures: readonly string[];
}

export const NO_PROGRESS: CurationProgress = {
  done: 0,
  reused: 0,
  failed: 0,
  frames: 0,
  texts: 0,
  matched: 0,
  ambiguous: 0,
  missing: 0,
  accepted: 0,
  rejected: 0,
  lastFailures: [],
};

const SHOWN_FAILURES = 5;

export function withDone(progress: CurationProgress, video: VideoDone, reused: boolean): CurationProgress {
  const { counts } = video;
  return {
    ...progress,
    done: progress.done + 1,
    reused: progress.reused + (reused ? 1 : 0),
    frames: progress.frames + counts.frames,
    texts: progress.texts + counts.texts,
    matched: progress.matched + counts.matched,
    ambiguous: progress.ambiguous + counts.ambiguous,
    missing: progress.missing + counts.missing,
    accepted: progress.accepted + video.accepted,
    rejected: progress.rejected + video.rejected,
  };
}

export function withFailure(progress: CurationProgress, why: string): CurationProgress {
  return {
    ...progress,
    failed: progress.failed + 1,
    lastFailures: [...progress.lastFailures, why].slice(-SHOWN_FAILURES),
  };
}

/** Seconds that the videos left will take, by those that were computed; null where none was yet. */
export function secondsLeft(
  { done, reused, failed }: CurationProgress,
  videos: number,
  elapsedMs: number,
): number | null {
  const computed = done - reused;
  if (computed === 0) return null;
  return ((videos - done - failed) * elapsedMs) / 1000 / computed;
}
