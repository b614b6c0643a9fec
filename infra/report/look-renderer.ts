import sharp from 'sharp';
import type { Picture, VideoReader } from '../../activities/ports.js';
import type { LookRenderer, Strip } from '../../activities/report-content.js';
import type { ShownVideo } from '../../domain/graded.js';
import type { PictureSpec, SizePx } from '../../domain/tools/contract.js';
import type { Box01 } from '../../domain/world/records.js';
import { thumbnail } from '../tools/look.js';
import { regionOf } from '../tools/region.js';

/** Larger pictures are scaled down to this, so that a page of them stays small. */
const MAX_WIDTH_PX = 640;

/** Width of a frame in a strip. */
const SMALL_WIDTH_PX = 96;

/** Frames and regions of real videos as PNG, for people. */
export class VideoLookRenderer implements LookRenderer {
  readonly #reader: VideoReader;
  readonly #spec: PictureSpec;

  constructor(reader: VideoReader, spec: PictureSpec) {
    this.#reader = reader;
    this.#spec = spec;
  }

  async thumbnailsPng(videoPath: string): Promise<Strip> {
    const { frames } = this.#spec;
    const indices = Array.from({ length: frames }, (_, index) => index + 1);
    const pictures = await this.#reader.frames(videoPath, { fps: this.#spec.fps, indices, channels: 1 });
    const { widthPx, heightPx } = this.#spec.overview;
    const small = pictures.map((picture) => thumbnail(picture, this.#spec.overview));
    const data = sideBySide(small, widthPx);
    return {
      png: await png({ widthPx: frames * widthPx, heightPx, channels: 1, data }),
      frames: indices,
      aspect: widthPx / heightPx,
    };
  }

  async stripPng(videoPath: string, { fps, frames }: ShownVideo): Promise<Strip> {
    const native = await this.#reader.probe(videoPath);
    const aspect = native.widthPx / native.heightPx;
    const size = { widthPx: SMALL_WIDTH_PX, heightPx: Math.max(1, Math.round(SMALL_WIDTH_PX / aspect)) };
    const small: Uint8Array[] = [];
    const request = { fps, indices: frames, channels: 3 as const, size };
    for await (const { picture } of this.#reader.stream(videoPath, request)) small.push(picture.data);
    const data = sideBySide(small, size.widthPx * 3);
    const whole = { ...size, widthPx: small.length * size.widthPx, channels: 3 as const, data };
    return { png: await png(whole, undefined, whole.widthPx), frames, aspect };
  }

  async framePng(videoPath: string, fps: number, frame: number): Promise<Uint8Array> {
    return png(await this.#frame(videoPath, fps, frame));
  }

  async regionPng(videoPath: string, fps: number, frame: number, box01: Box01): Promise<Uint8Array> {
    const picture = await this.#frame(videoPath, fps, frame);
    const { x, y, w, h } = regionOf(box01, picture.widthPx, picture.heightPx);
    return png(picture, { left: x, top: y, width: w, height: h });
  }

  greyPng({ widthPx, heightPx }: SizePx, data: Uint8Array): Promise<Uint8Array> {
    return png({ widthPx, heightPx, channels: 1, data });
  }

  async #frame(videoPath: string, fps: number, frame: number): Promise<Picture> {
    const [picture] = await this.#reader.frames(videoPath, { fps, indices: [frame], channels: 3 });
    if (picture === undefined) throw new Error(`${videoPath}: the reader gave no picture for frame ${frame}`);
    return picture;
  }
}

/** Pictures of one size, whose rows have so many bytes, as one wide picture. */
function sideBySide(pictures: readonly Uint8Array[], rowBytes: number): Uint8Array {
  const rows = (pictures[0]?.length ?? 0) / rowBytes;
  const strip = new Uint8Array(pictures.length * rows * rowBytes);
  for (const [index, picture] of pictures.entries()) {
    for (let y = 0; y < rows; y++) {
      const row = picture.subarray(y * rowBytes, (y + 1) * rowBytes);
      strip.set(row, (y * pictures.length + index) * rowBytes);
    }
  }
  return strip;
}

/** With a palette of at most 256 colours: a third of the bytes, and no difference that one would see. */
async function png(
  { widthPx, heightPx, channels, data }: Picture,
  region?: { left: number; top: number; width: number; height: number },
  mostWidthPx = MAX_WIDTH_PX,
): Promise<Uint8Array> {
  const image = sharp(data, { raw: { width: widthPx, height: heightPx, channels } });
  const part = region === undefined ? image : image.extract(region);
  const small = part.resize({ width: mostWidthPx, withoutEnlargement: true });
  return small
    .png(channels === 3 ? { palette: true, dither: 0, effort: 3 } : { compressionLevel: 9 })
    .toBuffer();
}
