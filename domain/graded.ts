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
  /** Rate at which its frames are numbered, and those of its overview. Absent: the small world's, as the embedded policy sees it. */
  readonly shown?: { readonly fps: number; readonly frames: readonly number[] };
}
