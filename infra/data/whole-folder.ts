import { mkdir, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../domain/failures.js';
import { isNodeError, reasonNotWritten } from '../home/files.js';

/**
 * A folder that is there whole or not at all: everything is written beside it, and renamed at the end. A folder that
 * holds something already is refused before anything is read.
 */
export class WholeFolder {
  readonly dir: string;
  /** Where to write until `commit`. */
  readonly part: string;

  private constructor(dir: string) {
    this.dir = dir;
    this.part = `${dir}.part-${process.pid}`;
  }

  static async begin(dir: string): Promise<WholeFolder> {
    const folder = new WholeFolder(path.resolve(dir));
    const holds = await readdir(folder.dir).catch((error: unknown) => {
      if (isNodeError(error) && error.code === 'ENOENT') return [];
      throw asUserError(dir, error);
    });
    if (holds.length > 0) {
      const hint = 'Name another folder with --out, or remove this one.';
      throw new UserError(
        `${dir}: holds something already (${holds.slice(0, 3).join(', ')}${holds.length > 3 ? ', …' : ''})`,
        hint,
      );
    }
    try {
      await rm(folder.part, { recursive: true, force: true });
      await mkdir(folder.part, { recursive: true });
    } catch (error) {
      throw asUserError(dir, error);
    }
    return folder;
  }

  path(...parts: readonly string[]): string {
    return path.join(this.part, ...parts);
  }

  async write(name: string, text: string | Uint8Array): Promise<void> {
    const file = this.path(name);
    try {
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, text, { flag: 'wx' });
    } catch (error) {
      throw asUserError(this.dir, error);
    }
  }

  async commit(): Promise<void> {
    await rmdir(this.dir).catch(() => undefined);
    await rename(this.part, this.dir).catch((error: unknown) => {
      throw asUserError(this.dir, error);
    });
  }

  async abandon(): Promise<void> {
    await rm(this.part, { recursive: true, force: true });
  }
}

export function asUserError(place: string, error: unknown): unknown {
  const reason = reasonNotWritten(error);
  if (reason === null) return error;
  return new UserError(`${place}: cannot be written: ${reason}`, 'Nothing was left behind.', {
    cause: error,
  });
}
