import sharp from 'sharp';
import type { Photographer, Shot } from '../../activities/conversation/pictures.js';
import type { Picture, VideoReader } from '../../activities/ports.js';
import { LEAST_EDGE_PX, sizeWithin } from '../../domain/conversation/overview.js';
import type { VideoFacts } from '../../domain/conversation/records.js';
import { framesAt } from '../video/clock.js';
import { regionOf } from './region.js';

/** Frames that are decoded together: a few native frames in memory, whatever the video's length. */
const AT_A_TIME = 4;
const JPEG_QUALITY = 90;

/** Takes pictures of real videos in colour, for models that see JPEG or PNG. */
export class VideoPhotographer implements Photographer {
  readonly #reader: VideoReader;

  constructor(reader: VideoReader) {
    this.#reader = reader;
  }

  async facts(
    file: string,
    numbered: Parameters<Photographer['facts']>[1],
    signal?: AbortSignal,
  ): Promise<VideoFacts> {
    const { widthPx, heightPx, durationSec } = await this.#reader.probe(file, signal);
    const fps = numbered.fps ?? numbered.frames / durationSec;
    return { widthPx, heightPx, durationSec, fps, frames: framesAt(durationSec, fps) };
  }

  async *shoot(
    file: string,
    shots: readonly Shot[],
    options: Parameters<Photographer['shoot']>[2],
    signal?: AbortSignal,
  ): ReturnType<Photographer['shoot']> {
    if (shots.every(({ frame, box01 }, i) => box01 === null && frame > (shots[i - 1]?.frame ?? 0))) {
      yield* this.#whole(file, shots, options, signal);
      return;
    }
    for (let at = 0; at < shots.length; at += AT_A_TIME) {
      const some = shots.slice(at, at + AT_A_TIME);
      const indices = some.map(({ frame }) => frame);
      const request = { fps: options.fps, indices, channels: 3 as const, ...(signal ? { signal } : {}) };
      const frames = await this.#reader.frames(file, request);
      for (const [i, frame] of frames.entries()) yield await shown(frame, some[i]!, options);
    }
  }

  /** Whole frames, ascending: decoded in one pass, and made small by the decoder where they are shown smaller. */
  async *#whole(
    file: string,
    shots: readonly Shot[],
    options: Parameters<Photographer['shoot']>[2],
    signal?: AbortSignal,
  ): ReturnType<Photographer['shoot']> {
    const { widthPx, heightPx } = await this.#reader.probe(file, signal);
    const native = { widthPx, heightPx };
    const size = sizeWithin(native, options.pixels);
    const request = {
      ...{ fps: options.fps, channels: 3 as const, indices: shots.map(({ frame }) => frame) },
      ...(size.widthPx < widthPx ? { size } : {}),
      ...(signal ? { signal } : {}),
    };
    let at = 0;
    for await (const { picture } of this.#reader.stream(file, request))
      yield { ...(await shown(picture, shots[at++]!, options)), native };
  }
}

/** A frame or its region within the pixels allowed; padded with grey where an edge would be too short to be seen. */
async function shown(
  frame: Picture,
  { box01 }: Shot,
  { pixels, format }: Parameters<Photographer['shoot']>[2],
): Promise<{
  widthPx: number;
  heightPx: number;
  bytes: Uint8Array;
  native: { widthPx: number; heightPx: number };
}> {
  const image = sharp(frame.data, {
    raw: { width: frame.widthPx, height: frame.heightPx, channels: frame.channels },
  });
  const region = regionOf(box01 ?? [0, 0, 1, 1], frame.widthPx, frame.heightPx);
  const native = { widthPx: region.w, heightPx: region.h };
  const scaled = sizeWithin(native, pixels);
  const size = {
    widthPx: Math.max(scaled.widthPx, LEAST_EDGE_PX),
    heightPx: Math.max(scaled.heightPx, LEAST_EDGE_PX),
  };
  const [left, top] = [(size.widthPx - scaled.widthPx) >> 1, (size.heightPx - scaled.heightPx) >> 1];
  const drawn = image
    .extract({ left: region.x, top: region.y, width: region.w, height: region.h })
    .resize(scaled.widthPx, scaled.heightPx, { fit: 'fill' })
    .extend({
      left,
      top,
      right: size.widthPx - scaled.widthPx - left,
      bottom: size.heightPx - scaled.heightPx - top,
      background: { r: 128, g: 128, b: 128 },
    });
  const bytes = await (
    format === 'jpeg' ? drawn.jpeg({ quality: JPEG_QUALITY, chromaSubsampling: '4:4:4' }) : drawn.png()
  ).toBuffer();
  return { ...size, bytes, native };
}
