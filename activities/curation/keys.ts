import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { CurationSettings } from '../../domain/curation/settings.js';
import type { Provenance } from '../../domain/data/records.js';
import { DataFailure } from '../../domain/failures.js';

export type StepName = 'read-text' | 'synthesize' | 'check';

/** Raised when a step's code gives other bytes from the same input: what was kept by the old version is then not found. */
export const STEP_VERSIONS: Readonly<Record<StepName, string>> = {
  'read-text': '2',
  synthesize: '1',
  check: '1',
};

/** A step applied to certain inputs: where its output is kept, and what the provenance says of it. */
export interface StepKey {
  readonly key: string;
  readonly provenance: Provenance['steps'][number];
}

/** @param inputs all that the output depends on, as plain JSON: settings, versions of programs, SHA-256s */
export function stepKey(step: StepName, inputs: Readonly<Record<string, unknown>>): StepKey {
  const version = STEP_VERSIONS[step];
  const sha256 = createHash('sha256')
    .update(JSON.stringify([step, version, sorted(inputs)]))
    .digest('hex');
  return { key: `curation/${step}/${sha256}.json`, provenance: { step, version, sha256 } };
}

/** Settings that only `makeTrajectories` depends on: a changed template or threshold does not read a video again. */
export function synthesisSettings({
  matching,
  pictures,
  synthesis,
}: CurationSettings): Record<string, unknown> {
  return { matching, pictures, synthesis };
}

/** Keys in order, so that the order in which a file says its settings does not matter. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}

const hashes = new Map<string, Promise<string>>();

/** SHA-256 of a file, computed again only when its size or time has changed. Throws a DataFailure that names it. */
export async function fileSha256(file: string, signal?: AbortSignal): Promise<string> {
  const found = await stat(file).catch((cause: NodeJS.ErrnoException) => {
    const why = cause.code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${cause.code ?? ''})`;
    throw new DataFailure(`${file}: ${why}`, { cause });
  });
  if (!found.isFile()) throw new DataFailure(`${file}: is not a file, so it is no video`);
  const key = [file, found.size, found.mtimeMs].join('\n');
  const known = hashes.get(key) ?? hash(file, signal);
  hashes.set(key, known);
  known.catch(() => hashes.delete(key));
  return known;
}

async function hash(file: string, signal?: AbortSignal): Promise<string> {
  const sum = createHash('sha256');
  await pipeline(createReadStream(file), sum, ...(signal === undefined ? [] : [{ signal }])).catch(
    (cause: NodeJS.ErrnoException) => {
      if (signal?.aborted === true) throw cause;
      throw new DataFailure(`${file}: cannot be read (${cause.code ?? cause.message})`, { cause });
    },
  );
  return sum.digest('hex');
}
