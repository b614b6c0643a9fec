import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../domain/failures.js';

/** Refuses a path that is no file, before anything is started for it. */
export async function refuseNoFile(file: string): Promise<void> {
  const found = await stat(file).catch(() => null);
  if (found === null)
    throw new UserError(`expected a video at ${file}, but there is no such file`, 'check the path');
  if (!found.isFile()) throw new UserError(`expected a video at ${file}, which is not a file`, 'name a file');
}

export async function refuseNoWorld(dir: string): Promise<void> {
  const found = await stat(join(dir, 'questions.jsonl')).catch(() => null);
  if (found?.isFile() === true) return;
  throw new UserError(
    `expected a world folder at ${dir}, but it has no questions.jsonl`,
    'make one with: ruminate data world --out DIR',
  );
}

export async function refuseNoData(dir: string): Promise<void> {
  const found = await stat(join(dir, 'questions.jsonl')).catch(() => null);
  if (found?.isFile() === true) return;
  throw new UserError(
    `expected a data folder at ${dir}, but it has no questions.jsonl`,
    'one question a line: {"id", "video", "question", "answers": […]}',
  );
}

/** A folder is not written over the one that it is made from. */
export async function refuseNoFolderFor(dir: string, out: string): Promise<void> {
  if (out === dir) throw new UserError(`--out: ${out} is the data folder itself`, 'name another folder');
  const found = await stat(out).catch(() => null);
  if (found !== null && !found.isDirectory())
    throw new UserError(`--out: expected a folder at ${out}, which is a file`, 'name another folder');
}
