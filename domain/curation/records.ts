import type { OcrWord, QuestionRecord, TrajectoryRecord } from '../data/records.js';
import type { Box01 } from '../world/records.js';
import type { Reason } from './reasons.js';

/** Text of a video's sampled frames, as the step `read-text` commits it. */
export interface VideoText {
  readonly version: 1;
  readonly video: string;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Rate at which frames are numbered: frame i (1-based) is on screen at (i − 1)/fps seconds. */
  readonly fps: number;
  /** Frames that the video has at this rate, read or not. */
  readonly total: number;
  /** Engine and version, or the form of the side file. */
  readonly by: string;
  readonly frames: readonly FrameText[];
  /** Frames that were put to the engine: none where a side file says what stands there; else the others showed the same picture. */
  readonly framesRead: number;
  /** Words left out, by why. */
  readonly dropped: Readonly<Record<string, number>>;
}

export interface FrameText {
  readonly frame: number;
  /** The frame that was read in its place, because it shows (nearly) the same. */
  readonly sameAs?: number;
  readonly words: readonly ReadWord[];
}

export interface ReadWord extends OcrWord {
  /** How sharp its edges are: `sharpnessIn` of domain/curation/sharpness.ts; null where no picture was read. */
  readonly sharpness: number | null;
}

/** The answer of a question, found in one place and followed through time. */
export interface Place {
  /** Where it can be seen, ascending by frame. */
  readonly hits: readonly Hit[];
  readonly similarity: number;
  /** The clearest view: where a crop shows it best. */
  readonly clearest: Hit;
}

/** One text in one frame. */
export interface Hit {
  readonly frame: number;
  readonly text: string;
  readonly box01: Box01;
  readonly confidence: number | null;
  readonly sharpness: number | null;
  /** To the answer: 1 is equal after normalisation. */
  readonly similarity: number;
  /** Positions of its words in the frame. */
  readonly words: readonly number[];
}

export type Match =
  | {
      readonly kind: 'matched';
      readonly question: QuestionRecord;
      readonly answer: string;
      readonly place: Place;
    }
  | {
      readonly kind: 'unmatched';
      readonly question: QuestionRecord;
      readonly reason: Reason;
      readonly why: string;
    };

/** A line of `rejected.jsonl`. */
export interface RejectedRecord {
  /** The trajectory's id, or the question's where there is no trajectory. */
  readonly id: string;
  readonly questionId: string | null;
  readonly video: string;
  readonly step: 'match' | 'check' | 'review';
  readonly reason: Reason;
  /** A sentence. */
  readonly why: string;
  readonly trajectory?: TrajectoryRecord;
}

/** What became of one video: what the step `check` commits. */
export interface CuratedVideo {
  readonly version: 1;
  readonly video: string;
  readonly accepted: readonly TrajectoryRecord[];
  readonly rejected: readonly RejectedRecord[];
  readonly counts: VideoCounts;
  /** Places found, for measuring against the truth. */
  readonly found: readonly FoundPlace[];
}

export interface FoundPlace {
  readonly questionId: string;
  readonly frame: number;
  readonly box01: Box01;
}

export interface VideoCounts {
  readonly frames: number;
  readonly framesRead: number;
  /** Words in frames that were read. */
  readonly texts: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly matched: number;
  readonly ambiguous: number;
  readonly missing: number;
}
