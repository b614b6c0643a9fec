import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { UserError } from '../../domain/failures.js';
import { reasonNotWritten } from '../home/files.js';

/** A part file, then a rename: what stands under the name is whole. */
export async function writeAtomically(file: string, text: string): Promise<void> {
  const part = `${file}.part`;
  await writeFile(part, text);
  await rename(part, file);
}

export function jsonLines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The sha256 of a file, or null when there is none. */
export async function sha256OfFile(file: string): Promise<string | null> {
  const bytes = await readFile(file).catch(nullIfAbsent);
  return bytes === null ? null : sha256Of(bytes);
}

export async function readJson<T>(file: string): Promise<T | null> {
  const text = await readFile(file, 'utf8').catch(nullIfAbsent);
  return text === null ? null : (JSON.parse(text) as T);
}

export async function readLines<T>(file: string): Promise<readonly T[]> {
  const text = await readFile(file, 'utf8').catch(nullIfAbsent);
  return (text ?? '')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
}

/** One clear message for a folder that cannot be written; other errors pass through. `what` is `world`, `town`. */
export function asFolderError(dir: string, error: unknown, what = 'world'): unknown {
  const reason = reasonNotWritten(error);
  if (reason === null) return error;
  const hint = 'What is finished is kept: free the cause, then run the same command again.';
  return new UserError(`${dir}: the ${what} cannot be written here: ${reason}`, hint, { cause: error });
}

function nullIfAbsent(error: unknown): null {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
  throw error;
}
