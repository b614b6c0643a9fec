import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { FrameRequest, Picture, StreamedFrame, VideoInfo, VideoReader } from '../../activities/ports.js';
import { DataFailure } from '../../domain/failures.js';
import type { Box01 } from '../../domain/world/records.js';
import { framesAt } from '../video/clock.js';
import { ascending } from '../video/collect.js';
import { columns, DiskFrames } from './disk-frames.js';
import { MemoryFrames } from './memory-frames.js';
import { regionOf } from './region.js';

/** A video with at most this many frames is decoded as a whole the first time that one is asked for. */
export const WHOLE_UP_TO = 16;

export interface FrameCacheOptions {
  /** Memory for decoded frames; the least recently used go first. */
  readonly maxBytes?: number;
  /** Keeps decoded frames on disk too, by content, when given. */
  readonly dir?: string;
  /** Disk for them; those used longest ago go first. */
  readonly maxDiskBytes?: number;
  /** Only frames of videos with more than this many go to disk: others are decoded again as fast as they are read. */
  readonly diskAbove?: number;
}

/** Decoded frames by content (sha256 of the file), sampling rate, index and channels. */
export class FrameCache {
  readonly #reader: VideoReader;
  readonly #memory: MemoryFrames;
  readonly #disk: DiskFrames | null;
  readonly #diskAbove: number;
  readonly #files = new Map<string, Promise<VideoFile>>();

  constructor(reader: VideoReader, options: FrameCacheOptions = {}) {
    const { maxBytes = 256 * 2 ** 20, dir, maxDiskBytes = 4 * 2 ** 30, diskAbove = 0 } = options;
    this.#reader = reader;
    this.#memory = new MemoryFrames(maxBytes);
    this.#disk = dir === undefined ? null : new DiskFrames(dir, maxDiskBytes);
    this.#diskAbove = diskAbove;
  }

  /** How many frames the video has at `fps`. */
  async count(file: string, fps: number, signal?: AbortSignal): Promise<number> {
    const { info } = await this.#file(file, signal);
    return framesAt(info.durationSec, fps);
  }

  /** Frames at 1-based indices, in the order asked. */
  async frames(
    file: string,
    fps: number,
    indices: readonly number[],
    signal?: AbortSignal,
    channels: 1 | 3 = 1,
  ): Promise<readonly Picture[]> {
    const found = new Map<number, Picture>();
    for await (const { index, picture } of this.stream(file, fps, indices, signal, channels)) {
      found.set(index, picture);
    }
    return indices.map((index) => {
      const picture = found.get(index);
      if (picture === undefined) throw new DataFailure(`${file}: frame ${index} could not be decoded`);
      return picture;
    });
  }

  /** Each frame once, ascending, as it is taken: of a long video only the memory's share is held. */
  async *stream(
    file: string,
    fps: number,
    indices: readonly number[],
    signal?: AbortSignal,
    channels: 1 | 3 = 1,
  ): AsyncGenerator<StreamedFrame> {
    const { sha256, info } = await this.#file(file, signal);
    const total = framesAt(info.durationSec, fps);
    const keyOf = (index: number): string => keyFor(sha256, fps, index, channels);
    const keep = total > this.#diskAbove ? this.#disk : null;
    const known = new Map<number, Picture>();
    const missing: number[] = [];
    for (const index of ascending(indices)) {
      const held = this.#memory.get(keyOf(index));
      if (held !== null) known.set(index, held);
      else if (await keep?.has(keyOf(index))) known.set(index, ON_DISK);
      else missing.push(index);
    }
    const wanted = missing.length > 0 && total <= WHOLE_UP_TO ? upTo(total) : missing;
    const request = { fps, channels, ...(signal === undefined ? {} : { signal }) };
    const decoded = this.#decoded(file, { ...request, indices: wanted });
    const [toDecode, asked] = [new Set(wanted), new Set(indices)];
    try {
      for (const index of ascending([...known.keys(), ...wanted])) {
        let picture = known.get(index) ?? null;
        if (toDecode.has(index)) {
          const next = await decoded.next();
          if (next.done === true) break;
          picture = next.value.picture;
          await keep?.write(keyOf(index), picture);
        } else if (picture === ON_DISK) {
          picture = (await keep?.read(keyOf(index))) ?? null;
          // Another process may have cleared it away meanwhile.
          picture ??= (await this.#reader.frames(file, { ...request, indices: [index] }))[0] ?? null;
        }
        if (picture === null) continue;
        this.#memory.set(keyOf(index), picture);
        if (asked.has(index)) yield { index, picture };
      }
    } finally {
      await decoded.return(undefined);
    }
  }

  /** A few frames at once, many as a stream. */
  async *#decoded(file: string, request: FrameRequest): AsyncGenerator<StreamedFrame> {
    const { indices } = request;
    if (indices.length > WHOLE_UP_TO) {
      yield* this.#reader.stream(file, request);
      return;
    }
    if (indices.length === 0) return;
    for (const [at, picture] of (await this.#reader.frames(file, request)).entries()) {
      yield { index: indices[at] ?? 0, picture };
    }
  }

  /** A region of a frame at native resolution; of a frame on disk only the rows that it needs are read. */
  async region(
    file: string,
    request: {
      readonly fps: number;
      readonly index: number;
      readonly channels: 1 | 3;
      readonly box01: Box01;
    },
    signal?: AbortSignal,
  ): Promise<Picture> {
    const { fps, index, channels, box01 } = request;
    const { sha256, info } = await this.#file(file, signal);
    const key = keyFor(sha256, fps, index, channels);
    const region = regionOf(box01, info.widthPx, info.heightPx);
    const held = this.#memory.get(key);
    if (held === null) {
      const kept = await this.#disk?.read(key, region);
      if (kept) return kept;
    }
    const frame = held ?? (await this.frames(file, fps, [index], signal, channels))[0];
    if (frame === undefined) throw new DataFailure(`${file}: frame ${index} could not be decoded`);
    const { x, y, w, h } = region;
    const from = frame.data.subarray((y * frame.widthPx + x) * channels);
    const data = columns(from, frame.widthPx * channels, w * channels, h);
    return { widthPx: w, heightPx: h, channels, data };
  }

  /** What the file holds, read again only when its size or time has changed. */
  async #file(file: string, signal?: AbortSignal): Promise<VideoFile> {
    const { size, mtimeMs } = await stat(file).catch((cause: unknown) => {
      throw new DataFailure(`${file}: cannot be read`, { cause });
    });
    const key = `${file}\n${size}\n${mtimeMs}`;
    const known = this.#files.get(key);
    if (known !== undefined) return known;
    const opened = Promise.all([hashOf(file), this.#reader.probe(file, signal)]).then(([sha256, info]) => ({
      sha256,
      info,
    }));
    this.#files.set(key, opened);
    opened.catch(() => this.#files.delete(key));
    return opened;
  }
}

interface VideoFile {
  readonly sha256: string;
  readonly info: VideoInfo;
}

/** Stands for a frame that will be read from disk in its turn. */
const ON_DISK: Picture = { widthPx: 0, heightPx: 0, channels: 1, data: new Uint8Array(0) };

function keyFor(sha256: string, fps: number, index: number, channels: 1 | 3): string {
  const kind = channels === 1 ? 'grey' : 'rgb';
  return path.join(sha256.slice(0, 2), sha256, `${fps}fps-${index}.${kind}.frame`);
}

function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}
