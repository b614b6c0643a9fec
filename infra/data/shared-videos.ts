import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { FolderProgress } from '../../activities/ports.js';
import type { Material } from '../../domain/data/material.js';

interface Options {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: FolderProgress) => void) | undefined;
}

/**
 * A sentence for each video that two folders have in common: the same file (through whatever links), or the same bytes.
 * Only files of equal size are read. Another encoding of the same pictures is not found.
 */
export async function sharedVideos(
  train: Material,
  test: Material,
  { signal, onProgress }: Options = {},
): Promise<readonly string[]> {
  const bySize = new Map<number, readonly FoundFile[]>();
  for (const file of await filesOf(train)) bySize.set(file.bytes, [...(bySize.get(file.bytes) ?? []), file]);
  const suspects = (await filesOf(test)).flatMap((judged) =>
    (bySize.get(judged.bytes) ?? []).map((known) => ({ judged, known })),
  );
  const hashes = new Hashes(signal);
  const shared: string[] = [];
  for (const [at, { judged, known }] of suspects.entries()) {
    onProgress?.({ doing: 'comparing videos of train and test', done: at, total: suspects.length });
    if (judged.real === known.real) shared.push(`${judged.video} of test is ${known.video} of train`);
    else if ((await hashes.of(judged.real)) === (await hashes.of(known.real)))
      shared.push(`${judged.video} of test has the bytes of ${known.video} of train`);
  }
  return shared;
}

interface FoundFile {
  readonly video: string;
  /** Absolute, links resolved. */
  readonly real: string;
  readonly bytes: number;
}

async function filesOf({ videoRoot, questions }: Material): Promise<readonly FoundFile[]> {
  const videos = [...new Set(questions.map(({ video }) => video))].sort();
  const found: FoundFile[] = [];
  for (const video of videos) {
    const real = await realpath(path.join(videoRoot, ...video.split('/')));
    found.push({ video, real, bytes: (await stat(real)).size });
  }
  return found;
}

/** SHA-256 of files, each read once. */
class Hashes {
  readonly #known = new Map<string, string>();
  readonly #signal: AbortSignal | undefined;

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  async of(file: string): Promise<string> {
    const known = this.#known.get(file);
    if (known !== undefined) return known;
    const hash = createHash('sha256');
    await pipeline(createReadStream(file), hash, this.#signal === undefined ? {} : { signal: this.#signal });
    const sha256 = hash.digest('hex');
    this.#known.set(file, sha256);
    return sha256;
  }
}
