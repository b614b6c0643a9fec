import type { VideoCounts } from '../../domain/curation/records.js';
import type { CurationReport, VideoFailure } from '../../domain/curation/report.js';
import type { CurationSettings } from '../../domain/curation/settings.js';
import type { Ref } from '../../domain/refs.js';

/**
 * What the workflow `curate` may ask for, on task queue `cpu`. Outputs are kept BY CONTENT: under the SHA-256 of the
 * step's version, the settings that it depends on, and its inputs. So whatever was done once for a video is found again,
 * by any run, as long as none of these has changed.
 */
export interface CurationActivities {
  /** Reads the folder, refuses what is broken, and shares the videos among batches. */
  planCuration(input: PlanCurationInput): Promise<CurationPlan>;
  /** Which videos of a batch have been curated before, with the same content and settings. */
  findCurated(input: BatchInput): Promise<FoundCurated>;
  /** Samples a video's frames and reads their text. */
  readVideoText(input: VideoInput): Promise<VideoRead>;
  /** Finds the answers in the text and makes trajectories of what was found. */
  makeTrajectories(input: VideoInput & { readonly text: Ref }): Promise<TrajectoriesMade>;
  /** Replays each trajectory on the video and takes or rejects it. */
  checkTrajectories(input: VideoInput & { readonly text: Ref; readonly made: Ref }): Promise<VideoDone>;
  /** Commits what became of a batch, so that the workflow carries one ref for it. */
  closeBatch(input: BatchInput & { readonly done: readonly VideoOutcome[] }): Promise<Ref>;
  /** Writes the curated folder. */
  finishCuration(input: FinishCurationInput): Promise<FinishedCuration>;
}

export interface PlanCurationInput {
  /** Data folder, absolute. */
  readonly dir: string;
  readonly decisionsFile: string | null;
  readonly settings: CurationSettings;
  /** Videos that are looked up, and accounted for, together; 50 unless told. The bytes do not depend on it. */
  readonly batchVideos?: number;
}

export interface CurationPlan {
  /** Kind `curation`: a `PlanRecord`. */
  readonly ref: Ref;
  readonly videos: number;
  readonly questions: number;
  readonly batches: number;
}

export interface BatchInput {
  readonly plan: Ref;
  /** 0-based. */
  readonly batch: number;
}

/** One video of the plan. */
export interface VideoInput extends BatchInput {
  /** 0-based within its batch. */
  readonly at: number;
}

export interface FoundCurated {
  readonly done: readonly VideoDone[];
  /** Videos that are left to do, with their names for the summaries. */
  readonly left: readonly { readonly at: number; readonly video: string }[];
}

export interface VideoRead {
  readonly ref: Ref;
  readonly frames: number;
  readonly texts: number;
}

export interface TrajectoriesMade {
  readonly ref: Ref;
  readonly trajectories: number;
  readonly questions: number;
}

export interface VideoDone {
  readonly at: number;
  readonly ref: Ref;
  readonly counts: VideoCounts;
  readonly accepted: number;
  readonly rejected: number;
}

export type VideoOutcome =
  | { readonly kind: 'done'; readonly at: number; readonly ref: Ref }
  | { readonly kind: 'failed'; readonly at: number; readonly why: string };

export interface FinishCurationInput {
  readonly plan: Ref;
  /** In the order of the batches. */
  readonly batches: readonly Ref[];
  /** Folder to write, absolute. */
  readonly out: string;
}

export interface FinishedCuration {
  readonly out: string;
  readonly report: CurationReport;
  readonly failures: readonly VideoFailure[];
}
