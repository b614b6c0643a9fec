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
