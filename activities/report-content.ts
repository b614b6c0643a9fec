import type { GradedRollout, ShownVideo } from '../domain/graded.js';
import type { SizePx } from '../domain/tools/contract.js';
import type { Turn } from '../domain/trajectory.js';
import type { Box01 } from '../domain/world/records.js';
import type { RunReport, StepRecord } from './contract.js';

/** Makes pictures for people from a video: PNG bytes. Undecodable files throw a `DataFailure`. */
export interface LookRenderer {
  /** All frames of a video of the small world side by side: the very bytes that the embedded policy's overview holds. */
  thumbnailsPng(videoPath: string): Promise<Strip>;
  /** Frames side by side, small and in colour. */
  stripPng(videoPath: string, shown: ShownVideo): Promise<Strip>;
  /** One whole frame (1-based, at `fps`), in colour. */
  framePng(videoPath: string, fps: number, frame: number): Promise<Uint8Array>;
  /** A region of a frame at native resolution, in colour. */
  regionPng(videoPath: string, fps: number, frame: number, box01: Box01): Promise<Uint8Array>;
  /** Grey bytes, row by row, as they are. */
  greyPng(size: SizePx, grey: Uint8Array): Promise<Uint8Array>;
}

/** Frames of a video side by side. */
export interface Strip {
  readonly png: Uint8Array;
  /** Their numbers. */
  readonly frames: readonly number[];
  /** Width over height of one. */
  readonly aspect: number;
}

/** Everything that the page shows. */
export interface ReportContent {
  readonly report: RunReport;
  readonly series: readonly StepRecord[];
  /** The run in the Temporal UI, where there is one. */
  readonly temporalUi: string | null;
  /** Whose rollouts are shown: the policy after this stage. */
  readonly shownStage: string;
  readonly shown: readonly ShownRollout[];
}

/** A rollout that one can look at. */
export interface ShownRollout {
  readonly graded: GradedRollout;
  /** `null` when the video could not be read. */
  readonly overview: Strip | null;
  readonly turns: readonly ShownTurn[];
  /** Why there are no pictures. */
  readonly trouble: string | null;
}

export interface ShownTurn {
  readonly turn: Turn;
  /** What the turn's tool call showed, in order; empty for an answer or a refused call. */
  readonly looks: readonly ShownLook[];
}

export interface ShownLook {
  readonly frame: number;
  readonly box01: Box01 | null;
  /** PNG of the whole frame. */
  readonly picture: Uint8Array;
  /** PNG of the region at native resolution; `null` for a clip. */
  readonly region: Uint8Array | null;
}
