import sharp from 'sharp';
import type { Picture, VideoReader } from '../../activities/ports.js';
import type { TrajectoryRecord } from '../../domain/data/records.js';
import { DataFailure } from '../../domain/failures.js';
import type { Box01 } from '../../domain/world/records.js';
import { nativePicture } from '../tools/native.js';
import { framesAt } from '../video/clock.js';
import { videoPath, type ReviewFolder } from './folder.js';

/** What a page must know of a video to let a person choose frames and boxes. */
export interface VideoFacts {
  /** Frames 1 to this, at the trajectory's rate. */
  readonly frames: number;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** Decoded frames that are kept: what a person goes back and forth between. */
const KEPT_BYTES = 192 * 2 ** 20;
/** Whole frames are for orientation; the pixels that count are a crop's, and those are PNG. */
const JPEG_QUALITY = 88;

/**
 * The pictures behind a trajectory's looks, by the same tools that a policy's calls run on. A DataFailure names the video
 * or the frame that is not there.
 */
export class ReviewPictures {
  readonly #reader: VideoReader;
  readonly #folder: Pick<ReviewFolder, 'videoRoot'>;
  readonly #kept = new Map<string, Picture>();
  #bytes = 0;

  constructor(reader: VideoReader, folder: Pick<ReviewFolder, 'videoRoot'>) {
    this.#reader = reader;
    this.#folder = folder;
  }

  async facts({ video, fps }: TrajectoryRecord, signal?: AbortSignal): Promise<VideoFacts> {
    const { durationSec, widthPx, heightPx } = await this.#reader.probe(this.#file(video), signal);
    return { frames: framesAt(durationSec, fps), widthPx, heightPx };
  }

  /** A whole frame as JPEG, at most `maxWidthPx` wide (native where null). */
  async frame(
    { video, fps }: TrajectoryRecord,
    frame: number,
    maxWidthPx: number | null,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const [picture] = await this.#frames(this.#file(video), {
      fps,
      indices: [frame],
      channels: 3,
      ...given(signal),
    });
    if (picture === undefined) throw new DataFailure(`${video}: frame ${frame} could not be decoded`);
    const { data, widthPx, heightPx, channels } = picture;
    const image = sharp(data, { raw: { width: widthPx, height: heightPx, channels } });
    const sized = maxWidthPx === null ? image : image.resize({ width: maxWidthPx, withoutEnlargement: true });
    return sized.jpeg({ quality: JPEG_QUALITY }).toBuffer();
  }

  /** What a crop shows, at native resolution, as PNG. */
  async crop(
    { video, fps }: TrajectoryRecord,
    frame: number,
    bbox01: Box01,
    signal?: AbortSignal,
  ): Promise<Uint8Array> {
    const source = {
      probe: (file: string, stop?: AbortSignal) => this.#reader.probe(file, stop),
      frames: (file: string, request: Parameters<VideoReader['frames']>[1]) => this.#frames(file, request),
    };
    const call = { tool: 'crop', targetFrame: frame, bbox01 } as const;
    const result = await nativePicture(source, this.#file(video), call, { fps }, signal);
    if (result.kind === 'refused') throw new DataFailure(result.reason);
    return result.pictures[0]!.png;
  }

  #file(video: string): string {
    const file = videoPath(this.#folder, video);
    if (file === null) throw new DataFailure(`${video}: leads out of the folder of videos`);
    return file;
  }

  async #frames(file: string, request: Parameters<VideoReader['frames']>[1]): Promise<readonly Picture[]> {
    const keyOf = (index: number): string => `${request.fps}/${request.channels}/${index}/${file}`;
    // Taken before anything is waited for: what is kept may go meanwhile.
    const found = new Map(request.indices.map((index) => [index, this.#kept.get(keyOf(index))]));
    const missing = request.indices.filter((index) => found.get(index) === undefined);
    const decoded =
      missing.length === 0 ? [] : await this.#reader.frames(file, { ...request, indices: missing });
    for (const [at, index] of missing.entries()) found.set(index, decoded[at]);
    return request.indices.map((index) => {
      const picture = found.get(index);
      if (picture === undefined) throw new DataFailure(`${file}: frame ${index} could not be decoded`);
      this.#keep(keyOf(index), picture);
      return picture;
    });
  }

  /** The least recently used go first. */
  #keep(key: string, picture: Picture): void {
    if (this.#kept.delete(key)) this.#bytes -= picture.data.length;
    this.#kept.set(key, picture);
    this.#bytes += picture.data.length;
    for (const [oldest, { data }] of this.#kept) {
      if (this.#bytes <= KEPT_BYTES || oldest === key) return;
      this.#kept.delete(oldest);
      this.#bytes -= data.length;
    }
  }
}

function given(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
