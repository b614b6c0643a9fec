import { createHash } from 'node:crypto';
import { copyFile, link, mkdir, realpath, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { isMedia } from '../../domain/formats/paths.js';
import { RowRefusal } from '../../domain/formats/refusal.js';
import { asUserError } from './whole-folder.js';

/**
 * Puts a video of the source into the export: as a hard link where the disk is the same, else as a copy. Twice is once.
 * Only what is called like a video is taken: a file by the name of one that the export writes would be written through
 * the link into the source.
 */
export async function placeVideo(from: string, to: string): Promise<void> {
  if (!isMedia(to))
    throw new RowRefusal(
      'cannot-be-written',
      `expected a name of a video or picture, got ${path.basename(to)}`,
    );
  try {
    await mkdir(path.dirname(to), { recursive: true });
    const real = await realpath(from);
    await link(real, to).catch(async (error: unknown) => {
      const code = error instanceof Error && 'code' in error ? error.code : '';
      if (code !== 'EEXIST') await copyFile(real, to);
    });
  } catch (error) {
    throw asUserError(to, error);
  }
}

/** Pictures of an export, named by their content: equal pictures are one file, and names do not depend on the order. */
export class PictureStore {
  readonly #dir: string;
  readonly #name: string;
  readonly #known = new Set<string>();

  /** @param dir folder that the rows name files from; pictures stand in `name` below it */
  constructor(dir: string, name = 'media') {
    this.#dir = dir;
    this.#name = name;
  }

  /** Keeps a picture; gives its path from the folder of the rows. */
  async keep(bytes: Uint8Array, extension = 'png'): Promise<string> {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const file = `${this.#name}/${sha256.slice(0, 2)}/${sha256}.${extension}`;
    if (this.#known.has(file)) return file;
    const place = path.join(this.#dir, file);
    try {
      await mkdir(path.dirname(place), { recursive: true });
      // Never through a link into the source.
      await rm(place, { force: true });
      await writeFile(place, bytes);
    } catch (error) {
      throw asUserError(place, error);
    }
    this.#known.add(file);
    return file;
  }
}
