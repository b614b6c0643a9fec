import type { Decision } from '../../domain/curation/decisions.js';
import type { OcrWord, QuestionRecord, VideoOcr } from '../../domain/data/records.js';
import type { Picture } from '../ports.js';

/**
 * Reads text in pictures. Two engines pass one suite (tests/curation/ocr-engine.ts). The same picture and request give the
 * same words, whatever was read before. What a picture shows is never an error: no text is no words.
 */
export interface OcrEngine {
  /** Name, version and data: part of the key of all that it read. */
  readonly version: string;
  /** Words of a grey picture, boxes as shares of it, inside it. Rejects with the signal's reason once it aborts. */
  read(picture: Picture, request: OcrRequest): Promise<readonly OcrWord[]>;
  /** Ends the engine's processes or threads. */
  close(): Promise<void>;
}

export interface OcrRequest {
  /** Text anywhere, or one block of text. */
  readonly layout: 'sparse' | 'block';
  /** What is ink: by one threshold for the picture, or one for each part of it. */
  readonly threshold: 'global' | 'adaptive';
  /** Factor by which the picture is enlarged before it is read: 1 to 4. */
  readonly scale: number;
  /** Rim added on all sides, in pixels after enlarging: letters at a picture's edge are read badly. */
  readonly rimPx: number;
  readonly signal?: AbortSignal;
}

/** Finds the engine that the settings name. Throws a UserError where it is not installed. */
export type OcrEngines = (name: 'auto' | 'tesseract' | 'tesseract-js') => Promise<OcrEngine>;

/** Text that a data set brings beside its videos. */
export interface SideFiles {
  /** What stands beside a video, its hash, and how many words were left out and why; null where there is no file. */
  read(
    dir: string,
    video: string,
  ): Promise<{
    readonly ocr: VideoOcr;
    readonly sha256: string;
    readonly dropped: Readonly<Record<string, number>>;
  } | null>;
}

/** Records of a JSONL file, and a sentence with its place for each line that is none. */
export interface Lines<T> {
  readonly records: readonly { readonly line: number; readonly record: T }[];
  readonly refused: readonly string[];
}

/** Reads what a curation begins with. Throws a UserError where a folder or file is not there or cannot be opened. */
export interface CurationFolders {
  /** Questions of a data folder, each id once, and the folder from which they name their videos. */
  open(dir: string): Promise<{ readonly videoRoot: string; readonly questions: Lines<QuestionRecord> }>;
  decisions(file: string): Promise<Lines<Decision>>;
}
