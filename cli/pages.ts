import { randomUUID } from 'node:crypto';
import { lstat, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '../domain/failures.js';
import type { Home } from '../infra/home/home.js';

/** Keeps a run's page where a browser can open it. */
export function keepPage(home: Home, run: string, html: Uint8Array): Promise<string> {
  return keepFile(join(home.root, 'reports', `${run}.html`), html);
}

/** Writes a file whole or not at all, and the folders above it; returns its absolute path. */
export async function keepFile(file: string, bytes: Uint8Array): Promise<string> {
  const path = resolve(file);
  const part = `${path}.${randomUUID().slice(0, 8)}.part`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const found = await lstat(path).catch(() => null);
    // A device or a link is written through, not replaced.
    if (found?.isFile() === false) await writeFile(path, bytes);
    else {
      await writeFile(part, bytes);
      await rename(part, path);
    }
    return path;
  } catch (cause) {
    await rm(part, { force: true });
    throw new UserError(`${path} cannot be written (${String(cause)})`, 'name another place', { cause });
  }
}
