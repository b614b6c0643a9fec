import type { Action } from '../trajectory.js';
import type { Box01 } from '../world/records.js';

/**
 * A data folder: the one form that importers write, and that curation, export and evaluation read.
 *
 * ```
 * DIR/questions.jsonl          one QuestionRecord a line
 * DIR/videos/00123.mp4         files that the records name, by their path from DIR
 * DIR/ocr/videos/00123.mp4.json   VideoOcr: what a data set brings of read text (optional)
 * DIR/trajectories.jsonl       one TrajectoryRecord a line (optional)
 * DIR/data.json                DataManifest (optional: a plain folder has none)
 * ```
 */

/** What stands in `data.json`. */
export interface DataManifest {
  readonly version: 1;
  /** What wrote the folder: an importer's name, `town`, `curation`. */
  readonly form: string;
  /** Folder of the videos, absolute or from DIR; DIR itself when absent. Videos of a large data set are not copied. */
  readonly videoRoot?: string;
  /** What shaped the bytes: programs, versions, settings. */
  readonly madeBy: Readonly<Record<string, string>>;
}

/** A question about one video. */
export interface QuestionRecord {
  /** Unique in its folder. */
  readonly id: string;
  /** Path from the video root, with `/`; it never leaves the root. A still image is a video of one frame. */
  readonly video: string;
  readonly question: string;
  /** Ground truths, at least one; any of them is right. */
  readonly answers: readonly string[];
  /** Choices of a multiple-choice question, in order. */
  readonly options?: readonly string[];
  readonly split?: string;
  readonly task?: string;
  /** Where the answer stands, in the order in which one would look, where the data set says so. */
  readonly evidence?: readonly EvidenceRecord[];
  /** Where the record came from, with the fields of its own form that ours has no place for. */
  readonly source?: SourceRecord;
}

/** A text (or thing) that the answer rests on, followed through time. */
export interface EvidenceRecord {
  /** Half-open interval [startSec, endSec) in which it can be seen. */
  readonly startSec: number;
  readonly endSec: number;
  /** What is written there, where it is known. */
  readonly text?: string;
  /** Where it is at these times, ascending; the nearest earlier one holds in between. */
  readonly boxes: readonly { readonly sec: number; readonly box01: Box01 }[];
}

export interface SourceRecord {
  /** Name of the form it was read from, e.g. `m4-vitevqa`. */
  readonly form: string;
  /** Fields that its form has and ours has not, by name, so that writing it again loses nothing. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Text read in a video's frames: what an OCR engine says, or a side file. */
export interface VideoOcr {
  readonly version: 1;
  /** Path of the video, as in the questions. */
  readonly video: string;
  /** Rate at which frames are numbered: frame i (1-based) is on screen at (i − 1)/fps seconds. */
  readonly fps: number;
  /** Engine, version and settings, or the form of the side file. */
  readonly by: string;
  /** Frames that were read, ascending; a frame without text is there, with no words. */
  readonly frames: readonly { readonly frame: number; readonly words: readonly OcrWord[] }[];
}

export interface OcrWord {
  readonly text: string;
  readonly box01: Box01;
  /** 0 to 1; null where the source does not say. */
  readonly confidence: number | null;
  /** Words with the same number stand in one line, in reading order. */
  readonly line: number;
}

/** A demonstration of looking: actions that can be executed on the video, and what they show. */
export interface TrajectoryRecord {
  /** Unique in its folder. */
  readonly id: string;
  /** As in the question. */
  readonly video: string;
  readonly question: string;
  readonly questionId: string | null;
  readonly answers: readonly string[];
  /** `drp`: crop only or clip only; `crp`: clip and crop interleaved; `given`: somebody else's. */
  readonly style: 'drp' | 'crp' | 'given';
  /** Rate at which the actions number frames. */
  readonly fps: number;
  /** The last turn's action is the answer. */
  readonly turns: readonly TrajectoryTurn[];
  readonly provenance: Provenance;
}

export interface TrajectoryTurn {
  readonly thought: string;
  readonly action: Action;
  /** Text that the turn's look shows, as it was read; absent for an answer. */
  readonly reads?: readonly { readonly text: string; readonly frame: number; readonly box01: Box01 | null }[];
}

/** How a trajectory came to be: enough to make it again, or to blame the right step. */
export interface Provenance {
  readonly source?: SourceRecord;
  /** Steps in order, each with its version and the SHA-256 of its settings and inputs. */
  readonly steps: readonly { readonly step: string; readonly version: string; readonly sha256: string }[];
  /** A person's decision, where there was one. */
  readonly review?: { readonly decision: 'accepted' | 'mended'; readonly by: string };
}
