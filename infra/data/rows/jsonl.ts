import { createReadStream } from 'node:fs';
import { RowRefusal } from '../../../domain/formats/refusal.js';
import { jsonOf, MAX_ROW_BYTES, textOf, withoutBom, type ReadRowsOptions, type SourceRow } from './row.js';

/** Lines of JSON with their numbers from 1. Blank lines are no rows; \r\n, a byte order mark and a missing end are read. */
export async function* jsonLines(file: string, options: ReadRowsOptions = {}): AsyncIterable<SourceRow> {
  let line = 0;
  for await (const { bytes, ended } of lines(withoutBom(createReadStream(file), options))) {
    line += 1;
    if (bytes === null) {
      const refusal = new RowRefusal('broken-json', `the line has more than ${MAX_ROW_BYTES} bytes`);
      yield { file, line, refusal };
      continue;
    }
    if (bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d)) continue;
    try {
      yield { file, line, value: jsonOf(textOf(bytes)) };
    } catch (error) {
      if (!(error instanceof RowRefusal)) throw error;
      const cut = !ended && error.reason === 'broken-json';
      yield {
        file,
        line,
        refusal: cut
          ? new RowRefusal(
              error.reason,
              `${error.message}; the last line has no end, the file seems cut short`,
            )
          : error,
      };
    }
  }
}

/** Lines without their ends; null bytes for one that is too long to hold. */
async function* lines(
  chunks: AsyncIterable<Buffer>,
): AsyncIterable<{ readonly bytes: Buffer | null; readonly ended: boolean }> {
  let parts: Buffer[] = [];
  let size = 0;
  const take = (): Buffer | null => {
    const bytes = size > MAX_ROW_BYTES ? null : Buffer.concat(parts);
    parts = [];
    size = 0;
    return bytes;
  };
  const add = (part: Buffer): void => {
    size += part.length;
    if (size <= MAX_ROW_BYTES) parts.push(part);
    else parts = [];
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(0x0a); end >= 0; end = chunk.indexOf(0x0a, from)) {
      add(chunk.subarray(from, end));
      yield { bytes: take(), ended: true };
      from = end + 1;
    }
    if (from < chunk.length) add(chunk.subarray(from));
  }
  if (size > 0) yield { bytes: take(), ended: false };
}
