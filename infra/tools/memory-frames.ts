import type { Picture } from '../../activities/ports.js';

/** Decoded frames in memory by key; the least recently used go first. */
export class MemoryFrames {
  readonly #maxBytes: number;
  readonly #frames = new Map<string, Picture>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get(key: string): Picture | null {
    const picture = this.#frames.get(key);
    if (picture === undefined) return null;
    this.#frames.delete(key);
    this.#frames.set(key, picture);
    return picture;
  }

  set(key: string, picture: Picture): void {
    if (this.#frames.has(key)) return;
    this.#frames.set(key, picture);
    this.#bytes += picture.data.length;
    for (const [oldest, { data }] of this.#frames) {
      if (this.#bytes <= this.#maxBytes || oldest === key) break;
      this.#frames.delete(oldest);
      this.#bytes -= data.length;
    }
  }
}
