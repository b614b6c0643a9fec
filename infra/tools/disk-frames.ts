import { mkdir, open, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Picture } from '../../activities/ports.js';
import type { Region } from './resample.js';

/** "RFR1", then width, height and channels as 32-bit little-endian numbers, then the rows. */
const MAGIC = 0x31524652;
const HEADER_BYTES = 16;
/** What a writer left behind that was killed in the midst of it. */
const STALE_PART_MS = 3_600_000;
/** After clearing, this share of the limit is in use, so that not every write clears. */
const KEPT_SHARE = 0.9;

/**
 * Decoded frames as files below a folder, by key. A file is whole or not there (written beside, then renamed). What
 * was used longest ago goes first when the limit is passed; the folder may be shared by processes, and lost at any
 * time: a frame that is not there is decoded again.
 */
export class DiskFrames {
  readonly #dir: string;
  readonly #maxBytes: number;
  #bytes: Promise<number> | null = null;
  #written = 0;

  constructor(dir: string, maxBytes: number) {
    this.#dir = dir;
    this.#maxBytes = maxBytes;
  }

  /** The picture, or the rows and columns of it that a region needs; null where it is not kept. */
  async read(key: string, region?: Region): Promise<Picture | null> {
    const file = path.join(this.#dir, key);
    const handle = await open(file, 'r').catch(() => null);
    if (handle === null) return null;
    try {
      const header = Buffer.alloc(HEADER_BYTES);
      const { bytesRead } = await handle.read(header, 0, HEADER_BYTES, 0);
      const [magic, width = 0, height = 0, channels = 0] = [0, 4, 8, 12].map((at) => header.readUInt32LE(at));
      if (bytesRead < HEADER_BYTES || magic !== MAGIC || (channels !== 1 && channels !== 3)) return null;
      const { x, y, w, h } = region ?? { x: 0, y: 0, w: width, h: height };
      if (x + w > width || y + h > height) return null;
      const rows = new Uint8Array(w === width ? h * width * channels : (h * width - (width - w)) * channels);
      const from = HEADER_BYTES + (y * width + x) * channels;
      const read = await handle.read(rows, 0, rows.length, from);
      if (read.bytesRead < rows.length) return null;
      // Its time is when it was last used.
      const now = new Date();
      await utimes(file, now, now).catch(() => undefined);
      const data = w === width ? rows : columns(rows, width * channels, w * channels, h);
      return { widthPx: w, heightPx: h, channels, data };
    } finally {
      await handle.close();
    }
  }

  async has(key: string): Promise<boolean> {
    return (await stat(path.join(this.#dir, key)).catch(() => null)) !== null;
  }

  async write(key: string, { widthPx, heightPx, channels, data }: Picture): Promise<void> {
    const file = path.join(this.#dir, key);
    const header = Buffer.alloc(HEADER_BYTES);
    [MAGIC, widthPx, heightPx, channels].forEach((value, at) => header.writeUInt32LE(value, at * 4));
    if (HEADER_BYTES + data.length > this.#maxBytes) return;
    await mkdir(path.dirname(file), { recursive: true });
    const part = `${file}.${process.pid}-${this.#written++}.part`;
    await writeFile(part, [header, data]);
    await rename(part, file);
    this.#bytes ??= this.#clear();
    this.#bytes = this.#bytes.then((bytes) => {
      const total = bytes + HEADER_BYTES + data.length;
      return total > this.#maxBytes ? this.#clear() : total;
    });
    await this.#bytes;
  }

  /** Removes what was used longest ago until the limit holds; bytes that are left. */
  async #clear(): Promise<number> {
    const files = await this.#files();
    let bytes = files.reduce((sum, { size }) => sum + size, 0);
    if (bytes <= this.#maxBytes) return bytes;
    for (const { file, size } of files.sort((a, b) => a.usedMs - b.usedMs)) {
      if (bytes <= this.#maxBytes * KEPT_SHARE) break;
      await rm(file, { force: true });
      bytes -= size;
    }
    return bytes;
  }

  async #files(): Promise<{ file: string; size: number; usedMs: number }[]> {
    const names = await readdir(this.#dir, { recursive: true }).catch(() => []);
    const found: { file: string; size: number; usedMs: number }[] = [];
    for (const name of names) {
      const file = path.join(this.#dir, name);
      const known = await stat(file).catch(() => null);
      if (known === null || !known.isFile()) continue;
      if (name.endsWith('.frame')) found.push({ file, size: known.size, usedMs: known.mtimeMs });
      else if (name.endsWith('.part') && Date.now() - known.mtimeMs > STALE_PART_MS)
        await rm(file, { force: true });
    }
    return found;
  }
}

/** The first `bytes` of each of `count` rows that are `strideBytes` apart. */
export function columns(rows: Uint8Array, strideBytes: number, bytes: number, count: number): Uint8Array {
  const out = new Uint8Array(bytes * count);
  for (let row = 0; row < count; row++) {
    out.set(rows.subarray(row * strideBytes, row * strideBytes + bytes), row * bytes);
  }
  return out;
}
