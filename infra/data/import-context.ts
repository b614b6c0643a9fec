import type { QuestionRecord, TrajectoryRecord, VideoOcr } from '../../domain/data/records.js';
import { RowRefusal } from '../../domain/formats/refusal.js';
import type { DataWriter } from './data-writer.js';
import type { FrameJoiner } from './join-frames.js';
import { placeVideo } from './media.js';
import type { Tally, What } from './report.js';
import { readRows, sizeOf } from './rows/read.js';
import type { Place } from './rows/row.js';
import type { VideoRoot } from './video-root.js';

export interface ImportOptions {
  /** Files or folders, as the form has them. */
  readonly sources: readonly string[];
  readonly ocr?: string | undefined;
  readonly evidence?: string | undefined;
  /** Rate at which OCR side files number frames, where the form's own is not meant. */
  readonly ocrFps?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
}

/** A row that could be read. */
export type GoodRow = Place & { readonly value: unknown };

/** What a form's importer works with: rows come in counted, records go out checked, what is refused is told. */
export class ImportContext {
  readonly options: ImportOptions;
  readonly root: VideoRoot;
  readonly tally: Tally;
  /** Makes videos of lists of pictures, where that was asked for. */
  readonly joiner: FrameJoiner | null;
  readonly #writer: DataWriter;

  constructor(
    options: ImportOptions,
    root: VideoRoot,
    tally: Tally,
    writer: DataWriter,
    joiner: FrameJoiner | null,
  ) {
    this.joiner = joiner;
    this.options = options;
    this.root = root;
    this.tally = tally;
    this.#writer = writer;
  }

  /** The good rows of a file, all of them counted as `what`; the others are refused here. */
  async *rows(file: string, what: What): AsyncIterable<GoodRow> {
    const { signal, onProgress } = this.options;
    const total = megabytes(await sizeOf(file));
    const onBytes = (bytes: number): void => onProgress?.({ done: Math.min(total, megabytes(bytes)), total });
    for await (const row of readRows(file, { signal, onBytes })) {
      this.tally.read(what);
      if ('refusal' in row) this.tally.refuse(what, row, row.refusal);
      else yield row;
    }
  }

  /** Keeps the question that a row makes, if its video is there and its id is new. Says whether it did. */
  question(place: Place, make: () => QuestionRecord): Promise<boolean> {
    return this.attempt('question', place, async () => {
      const record = make();
      await this.#needVideo(record.video);
      await this.#writer.question(record);
    });
  }

  trajectory(place: Place, make: () => TrajectoryRecord): Promise<boolean> {
    return this.attempt('trajectory', place, async () => {
      const record = make();
      await this.#needVideo(record.video);
      await this.#writer.trajectory(record);
    });
  }

  ocr(place: Place, make: () => VideoOcr | Promise<VideoOcr>): Promise<boolean> {
    return this.attempt('OCR file', place, async () => {
      const ocr = await make();
      await this.#needVideo(ocr.video);
      await this.#writer.ocr(ocr);
    });
  }

  /** Runs a step for something that was read; a RowRefusal counts it as refused, the end as kept. */
  async attempt(what: What, place: Place, step: () => void | Promise<void>): Promise<boolean> {
    try {
      await step();
    } catch (error) {
      if (!(error instanceof RowRefusal)) throw error;
      this.tally.refuse(what, place, error);
      return false;
    }
    this.tally.kept(what);
    return true;
  }

  /** Once a video is joined, the folder holds all of its videos. */
  async #needVideo(video: string): Promise<void> {
    if (this.joiner?.has(video) === true) return this.joiner.make(video);
    await this.root.require(video);
    if (this.joiner !== null) await placeVideo(this.root.path(video), this.#writer.videoFile(video));
  }
}

/** Reads the rows of a source and keeps records. Throws a UserError where the source is none of its form. */
export type Importer = (context: ImportContext) => Promise<void>;

function megabytes(bytes: number): number {
  return Math.ceil(bytes / 1_000_000);
}
