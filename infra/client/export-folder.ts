import { randomUUID } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UserError } from '../../domain/failures.js';
import { asUserError } from '../data/whole-folder.js';

/** Of a model card, in every exported folder. */
export const CARD_FILE = 'README.md';

/** The names that an earlier export wrote into this folder; none where it is no export. */
type EarlierExport = (folder: string) => Promise<readonly string[]>;

/** The absolute path of a folder to export to. Throws a UserError where something else than an earlier export is there. */
export async function exportPlace(folder: string, earlier: EarlierExport): Promise<string> {
  const path = resolve(folder);
  const found = await stat(path).catch(() => null);
  if (found === null) return path;
  if (!found.isDirectory())
    throw new UserError(
      `expected a folder to write the policy to, but ${path} is a file`,
      'name another folder, or a file that ends in .safetensors',
    );
  const names = await readdir(path);
  const known = names.length === 0 ? [] : await earlier(path);
  const foreign = names.find((name) => !known.includes(name));
  if (foreign === undefined) return path;
  throw new UserError(
    `${path} is no earlier export: it holds ${foreign}; nothing was written`,
    'name a new folder, or empty that one yourself',
  );
}

/**
 * Fills a folder beside its place and renames it, so that it is there whole or not at all. What is there already, an
 * earlier export, goes away.
 * @param place of `exportPlace`
 */
export async function writeExport<T>(place: string, fill: (part: string) => Promise<T>): Promise<T> {
  const part = join(dirname(place), `.${basename(place)}-${randomUUID().slice(0, 8)}`);
  try {
    await mkdir(part, { recursive: true });
    const filled = await fill(part);
    await replace(place, part);
    return filled;
  } catch (error) {
    throw asUserError(place, error);
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

/** Puts `part` where `place` is. A folder cannot be renamed over a full one, so the old one steps aside first. */
async function replace(place: string, part: string): Promise<void> {
  const old = `${part}-old`;
  const had = (await stat(place).catch(() => null)) !== null;
  if (had) await rename(place, old);
  try {
    await rename(part, place);
  } catch (error) {
    if (had) await rename(old, place);
    throw error;
  }
  await rm(old, { recursive: true, force: true });
}
