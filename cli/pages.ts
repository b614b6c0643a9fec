import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { UserError } from '../domain/failures.js';
import type { Home } from '../infra/home/home.js';

/** Keeps a run's page where a browser can open it. */
export function keepPage(home: Home, run: string, html: Uint8Array): Promise<string> {
  return keepFile(join(home.root, 'reports', `${run}.html`), html);
}

/** Writes a file and the folders above it; returns its absolute path. */
export async function keepFile(file: string, bytes: Uint8Array): Promise<string> {
  const path = resolve(file);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, bytes);
    return path;
  } catch (cause) {
    throw new UserError(`${path} cannot be written (${String(cause)})`, 'name another place', { cause });
  }
}
