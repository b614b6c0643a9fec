import type { Picture, VideoReader } from '../../activities/ports.js';
import type { Look, Observation, PictureSpec, ToolCall } from '../../domain/tools/contract.js';
import { refusalOf } from '../../domain/tools/validate.js';
import type { Box01 } from '../../domain/world/records.js';
import type { FrameCacheOptions } from './frames.js';
import { FrameCache } from './frames.js';
import { regionOf } from './region.js';
import { resample } from './resample.js';

/** What a call gave: the observation, and the pack of pixels that its looks point into (empty if refused). */
export interface CallResult {
  readonly observation: Observation;
  readonly pixels: Uint8Array;
}

/** Runs clip, crop and overview on video files, at the sizes at which a policy sees them. */
export class PictureTools {
  readonly #cache: FrameCache;

  constructor(reader: VideoReader, options: FrameCacheOptions = {}) {
    this.#cache = new FrameCache(reader, options);
  }

  /** How many frames the video has at `fps`; throws a DataFailure on what is not a video. */
  frameCount(file: string, fps: number, signal?: AbortSignal): Promise<number> {
    return this.#cache.count(file, fps, signal);
  }

  /** Every frame as a thumbnail: `frames × heightPx × widthPx` grey bytes. */
  async overview(file: string, spec: PictureSpec, signal?: AbortSignal): Promise<Uint8Array> {
    const count = await this.#cache.count(file, spec.fps, signal);
    const thumbnails: Uint8Array[] = [];
    for await (const { picture } of this.#cache.stream(file, spec.fps, upTo(count), signal)) {
      thumbnails.push(thumbnail(picture, spec.overview));
    }
    return packed(thumbnails);
  }

  /** Runs one call. A bad call gives a refused observation; a bad video throws a DataFailure. */
  async runCall(file: string, call: ToolCall, spec: PictureSpec, signal?: AbortSignal): Promise<CallResult> {
    const reason = refusalOf(call, await this.#cache.count(file, spec.fps, signal));
    if (reason !== null) return { observation: { kind: 'refused', reason }, pixels: new Uint8Array(0) };
    const wanted = call.tool === 'clip' ? call.targetFrames : [call.targetFrame];
    const frames = await this.#cache.frames(file, spec.fps, wanted, signal);
    const box01 = call.tool === 'clip' ? null : call.bbox01;
    const size = call.tool === 'clip' ? spec.clip : spec.crop;
    const pictures = frames.map((frame) =>
      box01 === null ? thumbnail(frame, size) : cropped(frame, box01, spec.crop),
    );
    const looks = wanted.map((frame, index): Look => {
      const { widthPx, heightPx } = size;
      return { frame, box01, widthPx, heightPx, offset: index * widthPx * heightPx };
    });
    return { observation: { kind: 'looks', call, looks }, pixels: packed(pictures) };
  }
}

/** A whole frame at the given size; the aspect is the spec's affair. */
export function thumbnail(frame: Picture, size: { widthPx: number; heightPx: number }): Uint8Array {
  const whole = { x: 0, y: 0, w: frame.widthPx, h: frame.heightPx };
  return resample(frame.data, frame.widthPx, whole, size.widthPx, size.heightPx);
}

/**
 * A region of a frame at native resolution, its aspect kept, scaled by at most `maxScale` and as far as the
 * canvas allows, centred on a canvas of the region's mean brightness.
 */
export function cropped(frame: Picture, box01: Box01, canvas: PictureSpec['crop']): Uint8Array {
  const region = regionOf(box01, frame.widthPx, frame.heightPx);
  const scale = Math.min(canvas.maxScale, canvas.widthPx / region.w, canvas.heightPx / region.h);
  const width = Math.min(canvas.widthPx, Math.max(1, Math.round(region.w * scale)));
  const height = Math.min(canvas.heightPx, Math.max(1, Math.round(region.h * scale)));
  const scaled = resample(frame.data, frame.widthPx, region, width, height);
  let sum = 0;
  for (const value of scaled) sum += value;
  const out = new Uint8Array(canvas.widthPx * canvas.heightPx).fill(Math.round(sum / scaled.length));
  const left = (canvas.widthPx - width) >> 1;
  const top = (canvas.heightPx - height) >> 1;
  for (let y = 0; y < height; y++) {
    out.set(scaled.subarray(y * width, (y + 1) * width), (top + y) * canvas.widthPx + left);
  }
  return out;
}

function packed(pictures: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(pictures.reduce((sum, picture) => sum + picture.length, 0));
  let offset = 0;
  for (const picture of pictures) {
    out.set(picture, offset);
    offset += picture.length;
  }
  return out;
}

function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}
