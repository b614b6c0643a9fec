import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Picture, VideoInfo, VideoReader } from '../../activities/ports.js';
import { DataFailure } from '../../domain/failures.js';
import { framesAt } from '../video/clock.js';

/** A video with at most this many frames is decoded as a whole the first time that one is asked for. */
const WHOLE_UP_TO = 16;

export interface FrameCacheOptions {
  /** Memory for decoded frames; the least recently used go first. */
  readonly maxBytes?: number;
  /** Keeps decoded frames on disk too, by content, when given. */
  readonly dir?: string;
}

/** Decoded grey frames by content (sha256 of the file), sampling rate and index. */
export class FrameCache {
  readonly #reader: VideoReader;
  readonly #maxBytes: number;
  readonly #dir: string | null;
  readonly #frames = new Map<string, Picture>();
  readonly #files = new Map<string, Promise<VideoFile>>();
  #bytes = 0;

  constructor(reader: VideoReader, options: FrameCacheOptions = {}) {
    this.#reader = reader;
    this.#maxBytes = options.maxBytes ?? 256 * 2 ** 20;
    this.#dir = options.dir ?? null;
  }

  /** How many frames the video has at `fps`. */
  async count(file: string, fps: number, signal?: AbortSignal): Promise<number> {
    const { info } = await this.#file(file, signal);
    return framesAt(info.durationSec, fps);
  }

  /** Grey frames at 1-based indices, in the order asked. */
  async frames(
    file: string,
    fps: number,
    indices: readonly number[],
    signal?: AbortSignal,
  ): Promise<readonly Picture[]> {
    const { sha256, info } = await this.#file(file, signal);
    const found = new Map<number, Picture>();
    for (const index of new Set(indices)) {
      const picture =
        this.#remembered(keyOf(sha256, fps, index)) ?? (await this.#fromDisk(sha256, fps, index, info));
      if (picture !== null) found.set(index, picture);
    }
    const missing = indices.filter((index) => !found.has(index));
    if (missing.length > 0) {
      const total = framesAt(info.durationSec, fps);
      const wanted =
        total <= WHOLE_UP_TO ? Array.from({ length: total }, (_, index) => index + 1) : [...new Set(missing)];
      const request = {
        fps,
        indices: wanted,
        channels: 1 as const,
        ...(signal === undefined ? {} : { signal }),
      };
      const decoded = await this.#reader.frames(file, request);
      for (const [at, index] of wanted.entries()) {
        const picture = decoded[at];
        if (picture === undefined) continue;
        found.set(index, picture);
        this.#remember(keyOf(sha256, fps, index), picture);
        await this.#toDisk(sha256, fps, index, picture);
      }
    }
    return indices.map((index) => {
      const picture = found.get(index);
      if (picture === undefined) throw new DataFailure(`${file}: frame ${index} could not be decoded`);
      return picture;
    });
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

  #remembered(key: string): Picture | null {
    const picture = this.#frames.get(key);
    if (picture === undefined) return null;
    this.#frames.delete(key);
    this.#frames.set(key, picture);
    return picture;
  }

  #remember(key: string, picture: Picture): void {
    if (this.#frames.has(key)) return;
    this.#frames.set(key, picture);
    this.#bytes += picture.data.length;
    for (const [oldest, { data }] of this.#frames) {
      if (this.#bytes <= this.#maxBytes || oldest === key) break;
      this.#frames.delete(oldest);
      this.#bytes -= data.length;
    }
  }

  async #fromDisk(sha256: string, fps: number, index: number, info: VideoInfo): Promise<Picture | null> {
    if (this.#dir === null) return null;
    const data = await readFile(path.join(this.#dir, fileOf(sha256, fps, index))).catch(() => null);
    if (data === null || data.length !== info.widthPx * info.heightPx) return null;
    const picture: Picture = { widthPx: info.widthPx, heightPx: info.heightPx, channels: 1, data };
    this.#remember(keyOf(sha256, fps, index), picture);
    return picture;
  }

  async #toDisk(sha256: string, fps: number, index: number, picture: Picture): Promise<void> {
    if (this.#dir === null) return;
    const file = path.join(this.#dir, fileOf(sha256, fps, index));
    await mkdir(path.dirname(file), { recursive: true });
    const part = `${file}.${process.pid}.part`;
    await writeFile(part, picture.data);
    await rename(part, file);
  }
}

interface VideoFile {
  readonly sha256: string;
  readonly info: VideoInfo;
}

function keyOf(sha256: string, fps: number, index: number): string {
  return `${sha256}/${fps}/${index}`;
}

function fileOf(sha256: string, fps: number, index: number): string {
  return path.join(sha256.slice(0, 2), sha256, `${fps}fps-${index}.grey`);
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) hash.update(chunk);
  return hash.digest('hex');
}
