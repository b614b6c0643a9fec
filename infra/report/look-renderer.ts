import sharp from 'sharp';
import type { Picture, VideoReader } from '../../activities/ports.js';
import type { LookRenderer } from '../../activities/report-content.js';
import type { PictureSpec, SizePx } from '../../domain/tools/contract.js';
import type { Box01 } from '../../domain/world/records.js';
import { thumbnail } from '../tools/look.js';
import { regionOf } from '../tools/region.js';

/** Larger pictures are scaled down to this, so that a page of them stays small. */
const MAX_WIDTH_PX = 640;

/** Frames and regions of real videos as PNG, for people. */
export class VideoLookRenderer implements LookRenderer {
  readonly #reader: VideoReader;
  readonly #spec: PictureSpec;

  constructor(reader: VideoReader, spec: PictureSpec) {
    this.#reader = reader;
    this.#spec = spec;
  }

  /** Exactly the bytes that the policy's overview holds, side by side. */
  async overviewPng(videoPath: string, frames: number): Promise<Uint8Array> {
    const indices = Array.from({ length: frames }, (_, index) => index + 1);
    const pictures = await this.#reader.frames(videoPath, { fps: this.#spec.fps, indices, channels: 1 });
    const { widthPx, heightPx } = this.#spec.overview;
    const strip = new Uint8Array(frames * widthPx * heightPx);
    for (const [index, picture] of pictures.entries()) {
      const small = thumbnail(picture, this.#spec.overview);
      for (let y = 0; y < heightPx; y++) {
        strip.set(small.subarray(y * widthPx, (y + 1) * widthPx), (y * frames + index) * widthPx);
      }
    }
    return png({ widthPx: frames * widthPx, heightPx, channels: 1, data: strip });
  }

  async framePng(videoPath: string, frame: number): Promise<Uint8Array> {
    return png(await this.#frame(videoPath, frame));
  }

  async regionPng(videoPath: string, frame: number, box01: Box01): Promise<Uint8Array> {
    const picture = await this.#frame(videoPath, frame);
    const { x, y, w, h } = regionOf(box01, picture.widthPx, picture.heightPx);
    return png(picture, { left: x, top: y, width: w, height: h });
  }

  greyPng({ widthPx, heightPx }: SizePx, data: Uint8Array): Promise<Uint8Array> {
    return png({ widthPx, heightPx, channels: 1, data });
  }

  async #frame(videoPath: string, frame: number): Promise<Picture> {
    const [picture] = await this.#reader.frames(videoPath, {
      fps: this.#spec.fps,
      indices: [frame],
      channels: 3,
    });
    if (picture === undefined) throw new Error(`${videoPath}: the reader gave no picture for frame ${frame}`);
    return picture;
  }
}

/** With a palette of at most 256 colours: a third of the bytes, and no difference that one would see. */
async function png(
  { widthPx, heightPx, channels, data }: Picture,
  region?: { left: number; top: number; width: number; height: number },
): Promise<Uint8Array> {
  const image = sharp(data, { raw: { width: widthPx, height: heightPx, channels } });
  const part = region === undefined ? image : image.extract(region);
  const small = part.resize({ width: MAX_WIDTH_PX, withoutEnlargement: true });
  return small
    .png(channels === 3 ? { palette: true, dither: 0, effort: 3 } : { compressionLevel: 9 })
    .toBuffer();
}
