import type { Rollout } from './trajectory.js';
import type { Looks } from './world/records.js';

/** A rollout beside the truth, as an evaluation keeps it (one JSON object a line). */
export interface GradedRollout {
  readonly questionId: string;
  readonly question: string;
  readonly task: string;
  readonly looks: Looks;
  /** Path of the video relative to its folder, and the folder. */
  readonly video: string;
  readonly dir: string;
  readonly answers: readonly string[];
  readonly rollout: Rollout;
  readonly correct: boolean;
  readonly anls: number;
  readonly clips: number;
  readonly crops: number;
  readonly refused: number;
  /** Absent: as the embedded policy sees the small world. */
  readonly shown?: ShownVideo;
}

/** How a video was put before a policy. */
export interface ShownVideo {
  /** Rate at which its frames are numbered. */
  readonly fps: number;
  /** Those of the overview. */
  readonly frames: readonly number[];
}
