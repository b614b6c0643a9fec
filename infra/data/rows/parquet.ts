import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { RowRefusal } from '../../../domain/formats/refusal.js';
import { textOf, type ReadRowsOptions, type SourceRow } from './row.js';

/** Rows that are in memory at a time. */
const BATCH = 1000;

/** Rows of a Parquet file (uncompressed or Snappy; hyparquet). Whole numbers become numbers, times ISO texts. */
export async function* parquetRows(
  file: string,
  { signal, onBytes }: ReadRowsOptions = {},
): AsyncIterable<SourceRow> {
  const buffer = await asyncBufferFromFile(file);
  const metadata = await parquetMetadataAsync(buffer).catch((cause: unknown) => {
    throw new RowRefusal(
      'broken-parquet',
      `${file}: is no Parquet file (${cause instanceof Error ? cause.message : String(cause)})`,
    );
  });
  const total = Number(metadata.num_rows);
  for (let start = 0; start < total; start += BATCH) {
    signal?.throwIfAborted();
    const rows = await parquetReadObjects({
      file: buffer,
      metadata,
      utf8: false,
      rowStart: start,
      rowEnd: Math.min(total, start + BATCH),
    });
    for (const [at, row] of rows.entries()) {
      const index = start + at;
      try {
        yield { file, index, value: plain(row) };
      } catch (error) {
        if (!(error instanceof RowRefusal)) throw error;
        yield { file, index, refusal: error };
      }
    }
    onBytes?.(Math.round((buffer.byteLength * Math.min(total, start + BATCH)) / total));
  }
}

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof Uint8Array) return textIn(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, plain(inner)]));
}

/** Older writers do not mark a column as text. */
function textIn(bytes: Uint8Array): string {
  try {
    return textOf(bytes);
  } catch {
    throw new RowRefusal(
      'wrong-type',
      `a column holds ${bytes.length} bytes that are no text: expected paths of files, not pictures inside the table`,
    );
  }
}
