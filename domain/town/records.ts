import type { Box01, Split } from '../world/records.js';
import type { Kind } from './kinds.js';
import type { Knobs } from './knobs.js';

/**
 * The files of a town folder: a data folder (`domain/data/records.ts`) with the truth beside it.
 *
 * ```
 * DIR/data.json         TownManifest
 * DIR/questions.jsonl   one QuestionRecord a line
 * DIR/truth.jsonl       one TownTruth a line (never shown to a policy)
 * DIR/videos/000017.mp4
 * DIR/ocr/videos/000017.mp4.json   VideoOcr: a perfect reader's (with --ocr-truth)
 * ```
 */

/**
 * What an answer asks for. `read`: one text. `count`: how many lines or signs. `compare`: two prices or times.
 * `join`: texts of two scenes, put together. `scroll`: a message wider than its window, over several frames.
 * `order`: which of two texts comes first. `find`: a mark or a label tells which text to read. `brief`: a
 * notice that is there for a moment. `glance`: the overview is enough.
 */
export const TOWN_TASKS = [
  'read', 'count', 'compare', 'join', 'scroll', 'order', 'find', 'brief', 'glance',
] as const; // prettier-ignore
export type TownTask = (typeof TOWN_TASKS)[number];

/** Where a text is in one encoded frame. */
export interface View {
  readonly sec: number;
  /** Tight box of its ink, as far as it lies within the frame. */
  readonly box01: Box01;
  /** Share of the whole text that is inside the frame and not covered, 0 to 1. */
  readonly clear01: number;
  /** Part of the text that its window shows, as shares of its width, where it scrolls through one. */
  readonly span01?: readonly [number, number];
}

export interface TruthText {
  /** Unique in its video: `2.price.1` is the price in row 1 of scene 2. */
  readonly id: string;
  /** What the text is in its scene (`price`, `room` …); `caption` for words that belong to the furniture. */
  readonly role: string;
  /** 0-based from the top, where the scene has rows. */
  readonly row: number | null;
  readonly text: string;
  /** What marks it out: `star`, `red dot`, the colour of a neon sign … */
  readonly mark: string | null;
  /** Height of a capital in the frame's pixels at the scene's middle. */
  readonly capPx: number;
  /** Left and right end of each of its words, as shares of its width. */
  readonly words: readonly (readonly [number, number])[];
  /** Encoded frames in which any of it can be seen, ascending. */
  readonly views: readonly View[];
}

export interface TownScene {
  readonly kind: Kind;
  /** Name of the quantised layout: what splits do not share. */
  readonly layout: string;
  /** Half-open interval [startSec, endSec). */
  readonly startSec: number;
  readonly endSec: number;
  readonly texts: readonly TruthText[];
}

export interface TownTruth {
  readonly video: string;
  readonly sha256: string;
  readonly widthPx: number;
  readonly heightPx: number;
  /** Encoded frames a second. */
  readonly fps: number;
  readonly durationSec: number;
  readonly scenes: readonly TownScene[];
}

/** What stands in `data.json` of a town folder: a DataManifest, and what was asked for. */
export interface TownManifest {
  readonly version: 1;
  readonly form: 'town';
  readonly seed: number;
  readonly split: Split;
  readonly videos: number;
  readonly questions: number;
  readonly questionsPerVideo: number;
  /** Whether the folder has ocr/. */
  readonly ocrTruth: boolean;
  /** Every answer can be seen clearly in a frame sampled at this rate. */
  readonly lookFps: number;
  readonly knobs: Knobs;
  readonly madeBy: Readonly<Record<string, string>>;
}
