import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { DataFailure } from '../../domain/failures.js';

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EACCES: 'is in a folder that may not be read by this user',
};

/** Refuses what cannot be a video before FFmpeg sees it, with the reason. */
export async function refuseNoFile(path: string): Promise<void> {
  const file = await stat(path).catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new DataFailure(`${path}: ${REASONS[code] ?? `cannot be read (${code})`}`, { cause });
  });
  if (!file.isFile()) throw new DataFailure(`${path}: is not a file, so it is no video`);
  await access(path, constants.R_OK).catch((cause: unknown) => {
    throw new DataFailure(`${path}: may not be read by this user`, { cause });
  });
  if (file.size === 0) throw new DataFailure(`${path}: is empty, so it is no video`);
}
