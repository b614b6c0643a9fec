import { readFile } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import type { VideoReader } from '../../activities/ports.js';
import type { TrajectoryRecord } from '../../domain/data/records.js';
import type { Rendered, RenderedPicture } from '../../domain/formats/conversation.js';
import { isStill } from '../../domain/formats/paths.js';
import { RowRefusal } from '../../domain/formats/refusal.js';
import { DataFailure } from '../../domain/failures.js';
import { MAX_CLIP_FRAMES } from '../../domain/tools/clip.js';
import { nativePicture } from '../tools/native.js';
import { framesAt } from '../video/clock.js';
import type { PictureStore } from './media.js';

/** Longest side of a picture of the overview: small, as a first look is; looks are at native resolution. */
const OVERVIEW_PX = 448;

/** Frames of a video that an overview shows: at most `most`, evenly; `all` where the form numbers the frames it lists. */
export interface OverviewOptions {
  readonly most: number;
  readonly all: boolean;
}

/** Runs a trajectory's looks on its video with the real tools, and keeps what they show. */
export class LookRenderer {
  readonly #reader: VideoReader;
  readonly #overview: OverviewOptions;
  /** Trajectories of one video stand together as a rule: its overview is made once. */
  #last: { readonly key: string; readonly store: PictureStore; readonly made: Overview } | null = null;

  constructor(reader: VideoReader, overview: OverviewOptions) {
    this.#reader = reader;
    this.#overview = overview;
  }

  /** Throws a RowRefusal where the video cannot be decoded, or has more frames than the form can list. */
  async render(
    file: string,
    record: TrajectoryRecord,
    store: PictureStore,
    signal?: AbortSignal,
  ): Promise<Rendered> {
    try {
      const { files, frames, total } = await this.#overviewOf(file, record, store, signal);
      const looks: Rendered['looks'][number][] = [];
      for (const { action } of record.turns) {
        if (action.tool === 'answer') break;
        const result = await nativePicture(this.#reader, file, action, { fps: record.fps }, signal);
        if (result.kind === 'refused') looks.push({ refused: result.reason });
        else
          looks.push({
            pictures: await Promise.all(result.pictures.map(({ png, frame }) => kept(store, png, frame))),
          });
      }
      return { overview: files, overviewFrames: frames, frames: total, looks };
    } catch (error) {
      if (error instanceof RowRefusal || !(error instanceof DataFailure)) throw error;
      throw new RowRefusal('video-unreadable', error.message);
    }
  }

  async #overviewOf(
    file: string,
    record: TrajectoryRecord,
    store: PictureStore,
    signal?: AbortSignal,
  ): Promise<Overview> {
    const key = `${record.fps}\0${file}`;
    if (this.#last?.key === key && this.#last.store === store) return this.#last.made;
    const made = isStill(record.video)
      ? await stillOf(file, store)
      : await this.#framesOf(file, record.fps, store, signal);
    this.#last = { key, store, made };
    return made;
  }

  async #framesOf(file: string, fps: number, store: PictureStore, signal?: AbortSignal): Promise<Overview> {
    const { durationSec } = await this.#reader.probe(file, signal);
    const total = framesAt(durationSec, fps);
    const { most, all } = this.#overview;
    if (all && total > most)
      throw new RowRefusal(
        'cannot-be-written',
        `the video has ${total} frames at ${fps} a second; the form numbers the frames that it lists, at most ${most} here`,
      );
    const frames = evenly(total, most);
    const files: string[] = [];
    for (let from = 0; from < frames.length; from += MAX_CLIP_FRAMES) {
      const targetFrames = frames.slice(from, from + MAX_CLIP_FRAMES);
      const result = await nativePicture(this.#reader, file, { tool: 'clip', targetFrames }, { fps }, signal);
      if (result.kind === 'refused') throw new DataFailure(`${file}: ${result.reason}`);
      for (const { png } of result.pictures) files.push(await store.keep(await small(png)));
    }
    return { files, frames, total };
  }
}

interface Overview {
  readonly files: readonly string[];
  /** Numbers of the frames that the files show. */
  readonly frames: readonly number[];
  readonly total: number;
}

async function stillOf(file: string, store: PictureStore): Promise<Overview> {
  const bytes = await readFile(file);
  return {
    files: [await store.keep(bytes, path.extname(file).slice(1).toLowerCase())],
    frames: [1],
    total: 1,
  };
}

/** At most `most` of the numbers 1 to `total`, evenly, the first and the last among them. */
function evenly(total: number, most: number): readonly number[] {
  if (total <= most) return Array.from({ length: total }, (_, at) => at + 1);
  return Array.from({ length: most }, (_, at) => 1 + Math.round((at * (total - 1)) / (most - 1)));
}

function small(png: Buffer): Promise<Buffer> {
  return sharp(png)
    .resize(OVERVIEW_PX, OVERVIEW_PX, { fit: 'inside', withoutEnlargement: true })
    .png()
    .toBuffer();
}

async function kept(store: PictureStore, png: Buffer, frame: number): Promise<RenderedPicture> {
  // A PNG says its size in its first chunk.
  return {
    file: await store.keep(png),
    frame,
    widthPx: png.readUInt32BE(16),
    heightPx: png.readUInt32BE(20),
  };
}
