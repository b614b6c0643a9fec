import type { PictureFile, ShownPicture } from '../domain/conversation/records.js';
import type { SizePx } from '../domain/tools/contract.js';
import { DEFAULT_PICTURES } from '../domain/tools/pictures.js';
import type { Box01 } from '../domain/world/records.js';
import { sha256 } from './conversation/open.js';
import { pictureKey } from './conversation/places.js';
import type { ObjectStore } from './ports.js';
import type { LookRenderer } from './report-content.js';

interface Deps {
  readonly store: ObjectStore;
  readonly renderer: Pick<LookRenderer, 'framePng' | 'regionPng' | 'greyPng'>;
}

/** Pictures of one video, kept by their content. */
export class AskedPictures {
  readonly #deps: Deps;
  readonly #file: string;
  readonly #video: SizePx;

  constructor(deps: Deps, file: string, video: SizePx) {
    [this.#deps, this.#file, this.#video] = [deps, file, video];
  }

  /** @param grey the thumbnails, one after the other */
  overview(grey: Uint8Array): Promise<readonly ShownPicture[]> {
    const { overview: size, frames } = DEFAULT_PICTURES;
    const bytes = size.widthPx * size.heightPx;
    return Promise.all(
      Array.from({ length: frames }, (_, i) =>
        this.#seen(size, i + 1, null, grey.subarray(i * bytes, (i + 1) * bytes)),
      ),
    );
  }

  async look(size: SizePx, frame: number, box01: Box01 | null, grey: Uint8Array): Promise<ShownPicture> {
    const { renderer } = this.#deps;
    const { fps } = DEFAULT_PICTURES;
    const whole = await this.#keep(await renderer.framePng(this.#file, fps, frame));
    const region =
      box01 === null ? null : await this.#keep(await renderer.regionPng(this.#file, fps, frame, box01));
    return { ...(await this.#seen(size, frame, box01, grey)), original: { frame: whole, region } };
  }

  async #seen(
    { widthPx, heightPx }: SizePx,
    frame: number,
    box01: Box01 | null,
    grey: Uint8Array,
  ): Promise<ShownPicture> {
    const kept = await this.#keep(await this.#deps.renderer.greyPng({ widthPx, heightPx }, grey));
    const sec = (frame - 1) / DEFAULT_PICTURES.fps;
    return { ...kept, widthPx, heightPx, frame, sec, box01, native: nativeOf(this.#video, box01) };
  }

  async #keep(png: Uint8Array): Promise<PictureFile> {
    const { ref } = await this.#deps.store.putIfAbsent(pictureKey(sha256(png), 'png'), png, 'pictures');
    return { ref, mime: 'image/png' };
  }
}

/** The whole pixels of the video that a box touches. */
function nativeOf({ widthPx, heightPx }: SizePx, box01: Box01 | null): SizePx {
  const [x1, y1, x2, y2] = box01 ?? [0, 0, 1, 1];
  return {
    widthPx: Math.ceil(x2 * widthPx) - Math.floor(x1 * widthPx),
    heightPx: Math.ceil(y2 * heightPx) - Math.floor(y1 * heightPx),
  };
}
