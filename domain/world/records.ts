/**
 * The files of a world folder, as a person reads them.
 *
 * ```
 * DIR/world.json       WorldManifest
 * DIR/videos/000017.mp4
 * DIR/questions.jsonl  one Question a line
 * DIR/scenes.jsonl     one VideoTruth a line (ground truth; never shown to a policy)
 * ```
 */

/** Normalised to [0, 1] of the frame, [x1, y1, x2, y2], x to the right, y down. */
export type Box01 = readonly [x1: number, y1: number, x2: number, y2: number];

export type Split = 'train' | 'validation' | 'test';

/** What has to be looked at to answer: one crop, one clip, or several looks. */
export type Looks = 'crop' | 'clip' | 'several';

/**
 * `read`: crop one text. `symbol`: name the symbol that a clip shows. `count`: count dots in a clip.
 * `lookup`: clip to find the row that bears a mark, then crop its text. `join`: two crops, texts
 * joined. `compare`: two crops, the larger number.
 */
export type Task = 'read' | 'symbol' | 'count' | 'lookup' | 'join' | 'compare';

/** One look that the answer rests on, in the order in which one would look. */
export interface Evidence {
  readonly tool: 'clip' | 'crop';
  /** 1-based index of the frame sampled at `WorldManifest.fps`: frame i is on screen at (i − 1)/fps seconds. */
  readonly frame: number;
  /** Half-open interval [startSec, endSec) in which the text or symbol is on screen. */
  readonly startSec: number;
  readonly endSec: number;
  readonly box01: Box01;
  /** What is written there (or the symbol's name, or the count). */
  readonly text: string;
}

export interface Question {
  readonly id: string;
  /** Path of the video relative to the folder. */
  readonly video: string;
  readonly question: string;
  /** Choices of a multiple-choice question, in order. */
  readonly options?: readonly string[];
  /** A world's is one of `Task`; a data folder's what its data set says. */
  readonly task: string;
  readonly looks: Looks;
  readonly answers: readonly string[];
  /** Empty where nobody says by which look the answer is read. */
  readonly evidence: readonly Evidence[];
}

/** A question of the small world. */
export interface WorldQuestion extends Question {
  readonly task: Task;
}

export interface TruthItem {
  readonly text: string;
  /** Tight box of the text. */
  readonly box01: Box01;
  /** The mark drawn beside the text, when the scene has marks. */
  readonly mark: string | null;
  readonly markBox01: Box01 | null;
}

export interface TruthScene {
  /** 1-based. */
  readonly frame: number;
  readonly kind: string;
  readonly items: readonly TruthItem[];
  /** The scene's large symbol and its dots, where the kind has them. */
  readonly symbol: { readonly name: string; readonly box01: Box01 } | null;
  readonly dots: { readonly count: number; readonly box01: Box01 } | null;
}

export interface VideoTruth {
  readonly video: string;
  readonly sha256: string;
  readonly scenes: readonly TruthScene[];
}

export interface WorldManifest {
  readonly version: 1;
  readonly seed: number;
  readonly split: Split;
  readonly videos: number;
  readonly questions: number;
  /** Rate at which frames are numbered for the tools. */
  readonly fps: number;
  readonly widthPx: number;
  readonly heightPx: number;
  /** What shaped the bytes: renderer, encoder and their versions. */
  readonly madeBy: Readonly<Record<string, string>>;
}
