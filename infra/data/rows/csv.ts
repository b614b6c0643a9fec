import { createReadStream } from 'node:fs';
import { parse, CsvError } from 'csv-parse';
import { RowRefusal } from '../../../domain/formats/refusal.js';
import { plainOfCells } from '../../../domain/formats/plain.js';
import { MAX_ROW_BYTES, textOf, withoutBom, type ReadRowsOptions, type SourceRow } from './row.js';

/**
 * Rows of a CSV file (RFC 4180: quoted cells may hold commas, quotes and line ends), with the line in which each ends.
 * The first row names the columns. Cells are read as bytes, so that what is no UTF-8 is refused and not replaced.
 */
export async function* csvRows(file: string, options: ReadRowsOptions = {}): AsyncIterable<SourceRow> {
  const parser = parse({
    encoding: null,
    info: true,
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: MAX_ROW_BYTES,
  });
  const source = createReadStream(file);
  const fed = (async (): Promise<void> => {
    for await (const chunk of withoutBom(source, options)) {
      if (!parser.write(chunk)) await new Promise((resolve) => parser.once('drain', resolve));
    }
    parser.end();
  })();
  fed.catch((error: unknown) => parser.destroy(error as Error));
  let columns: readonly string[] | null = null;
  let line = 0;
  try {
    for await (const { record, info } of parser as AsyncIterable<{
      record: Buffer[];
      info: { lines: number };
    }>) {
      line = info.lines;
      try {
        const cells = record.map((cell) => textOf(cell));
        if (columns === null) columns = columnsOf(cells);
        else yield { file, line, value: valueOf(columns, cells) };
      } catch (error) {
        if (!(error instanceof RowRefusal)) throw error;
        yield { file, line, refusal: error };
        if (columns === null) return;
      }
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // A quote that never closes swallows what follows: nothing after it can be trusted.
    yield {
      file,
      line: line + 1,
      refusal: new RowRefusal('broken-csv', `${error.message}; the rest of the file was not read`),
    };
  } finally {
    source.destroy();
  }
}

function columnsOf(cells: readonly string[]): readonly string[] {
  const names = cells.map((cell) => cell.trim());
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined)
    throw new RowRefusal('broken-csv', `the column ${JSON.stringify(twice)} is there twice`);
  return names;
}

function valueOf(columns: readonly string[], cells: readonly string[]): unknown {
  if (cells.length !== columns.length)
    throw new RowRefusal(
      'broken-csv',
      `expected ${columns.length} cells as the first row has, got ${cells.length}`,
    );
  return plainOfCells(Object.fromEntries(columns.map((name, at) => [name, cells[at] ?? ''])));
}
