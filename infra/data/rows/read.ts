import { stat } from 'node:fs/promises';
import path from 'node:path';
import { RowRefusal } from '../../../domain/formats/refusal.js';
import { UserError } from '../../../domain/failures.js';
import { csvRows } from './csv.js';
import { jsonElements } from './json-array.js';
import { jsonLines } from './jsonl.js';
import { parquetRows } from './parquet.js';
import type { ReadRowsOptions, SourceRow } from './row.js';

const READERS: Readonly<
  Record<string, (file: string, options: ReadRowsOptions) => AsyncIterable<SourceRow>>
> = {
  '.jsonl': jsonLines,
  '.ndjson': jsonLines,
  '.json': jsonElements,
  '.csv': csvRows,
  '.parquet': parquetRows,
};

export const ROW_FILES: readonly string[] = Object.keys(READERS);

/** The rows of a file by its extension. A file that cannot be opened is one refused row; one of another kind a UserError. */
export async function* readRows(file: string, options: ReadRowsOptions = {}): AsyncIterable<SourceRow> {
  const reader = READERS[path.extname(file).toLowerCase()];
  if (reader === undefined)
    throw new UserError(
      `${file}: expected a file that ends in ${ROW_FILES.join(', ')}`,
      'Rename it, if it is one of them.',
    );
  try {
    yield* reader(file, options);
  } catch (error) {
    const refusal = refusalOfFile(error);
    if (refusal === null) throw error;
    yield { file, refusal };
  }
}

export async function sizeOf(file: string): Promise<number> {
  return (await stat(file).catch(() => null))?.size ?? 0;
}

/** What a person can mend of a file that does not open; null for everything else. */
export function refusalOfFile(error: unknown): RowRefusal | null {
  if (error instanceof RowRefusal) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOENT') return new RowRefusal('file-missing', 'there is no such file');
  if (code === 'EACCES' || code === 'EPERM')
    return new RowRefusal('not-permitted', `reading is not permitted (${code})`);
  if (code === 'EISDIR') return new RowRefusal('file-missing', 'expected a file, found a folder');
  return null;
}
