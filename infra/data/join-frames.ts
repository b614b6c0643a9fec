import { mkdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import type { VideoWriter } from '../../activities/ports.js';
import { joinedName } from '../../domain/formats/joined.js';
import { RowRefusal } from '../../domain/formats/refusal.js';
import type { VideoRoot } from './video-root.js';

/** One picture a second: frame i is the i-th picture. */
const FPS = 1;
/** Near to lossless: what is read in the pictures must be legible in the video. */
const CRF = 8;

/** Makes a video of a list of pictures, where a data set lists a video's frames in place of a file. */
export class FrameJoiner {
  readonly #root: VideoRoot;
  readonly #dir: string;
  readonly #writer: VideoWriter;
  readonly #lists = new Map<string, readonly string[]>();
  readonly #made = new Set<string>();

  /** @param dir folder of the videos that are made, named as records name them from there */
  constructor(root: VideoRoot, dir: string, writer: VideoWriter) {
    this.#root = root;
    this.#dir = dir;
    this.#writer = writer;
  }

  /** The video that these pictures become when it is needed. */
  readonly named = (pictures: readonly string[]): string => {
    const video = joinedName(pictures);
    this.#lists.set(video, pictures);
    return video;
  };

  has(video: string): boolean {
    return this.#lists.has(video);
  }

  async make(video: string): Promise<void> {
    if (this.#made.has(video)) return;
    const pictures = this.#lists.get(video) ?? [];
    for (const picture of pictures) await this.#root.require(picture);
    const first = await this.#size(pictures[0] ?? '');
    // 4:2:0 has no odd sizes. Boxes are fractions: a pixel more or less leaves them where they are.
    const size = {
      widthPx: first.widthPx + (first.widthPx % 2),
      heightPx: first.heightPx + (first.heightPx % 2),
    };
    const file = path.join(this.#dir, ...video.split('/'));
    await mkdir(path.dirname(file), { recursive: true });
    const part = `${file}.part.mp4`;
    const frames = this.#frames(pictures, first, size);
    try {
      await this.#writer.write(part, { fps: FPS, ...size, frames, channels: 4, crf: CRF });
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
    await rename(part, file);
    this.#made.add(video);
  }

  async *#frames(
    pictures: readonly string[],
    first: Size,
    { widthPx, heightPx }: Size,
  ): AsyncIterable<Uint8Array> {
    for (const picture of pictures) {
      const size = await this.#size(picture);
      if (size.widthPx !== first.widthPx || size.heightPx !== first.heightPx)
        throw new RowRefusal(
          'bad-value',
          `expected the pictures of a video to have one size, got ${first.widthPx}×${first.heightPx} and ${size.widthPx}×${size.heightPx} (${picture})`,
        );
      yield await decoded(picture, () =>
        sharp(this.#root.path(picture))
          .resize(widthPx, heightPx, { fit: 'fill' })
          .ensureAlpha()
          .raw()
          .toBuffer(),
      );
    }
  }

  async #size(picture: string): Promise<Size> {
    const { width, height } = await decoded(picture, () => sharp(this.#root.path(picture)).metadata());
    return { widthPx: width, heightPx: height };
  }
}

interface Size {
  readonly widthPx: number;
  readonly heightPx: number;
}

async function decoded<T>(picture: string, decode: () => Promise<T>): Promise<T> {
  return decode().catch((cause: unknown) => {
    throw new RowRefusal(
      'video-unreadable',
      `${picture}: is no picture that can be read (${cause instanceof Error ? cause.message : String(cause)})`,
    );
  });
}
