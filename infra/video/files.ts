import { stat } from 'node:fs/promises';
import { DataFailure } from '../../domain/failures.js';

/** Refuses what cannot be a video before FFmpeg sees it, with the reason. */
export async function refuseNoFile(path: string): Promise<void> {
  const file = await stat(path).catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new DataFailure(
      `${path}: ${code === 'ENOENT' ? 'there is no such file' : `cannot be read (${code})`}`,
      { cause },
    );
  });
  if (!file.isFile()) throw new DataFailure(`${path}: is not a file, so it is no video`);
  if (file.size === 0) throw new DataFailure(`${path}: is empty, so it is no video`);
}
