import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { fileWriter, parquetWriteRows } from 'hyparquet-writer';
import type { SchemaElement } from 'hyparquet';
import { LineWriter } from '../line-writer.js';

/** Five digits for the shard of row `at`; null where all rows are in one file. */
export function shardOf(at: number, shardRows: number): string | null {
  return Number.isFinite(shardRows) ? String(Math.floor(at / shardRows)).padStart(5, '0') : null;
}

/** Writes rows, at most `shardRows` to a file; `write` gets the shard's name and its rows, in order. */
export async function inShards<T>(
  rows: AsyncIterable<T>,
  shardRows: number,
  write: (shard: string | null, rows: AsyncIterable<T>) => Promise<void>,
): Promise<void> {
  const source = rows[Symbol.asyncIterator]();
  let first = await source.next();
  for (let at = 0; first.done !== true; at += shardRows) {
    // Writers read their rows to the end, so that the next shard begins where this one has stopped.
    await write(shardOf(at, shardRows), upTo(shardRows, first.value, source));
    first = await source.next();
  }
}

async function* upTo<T>(count: number, first: T, source: AsyncIterator<T>): AsyncIterable<T> {
  yield first;
  for (let taken = 1; taken < count; taken++) {
    const next = await source.next();
    if (next.done === true) return;
    yield next.value;
  }
}

export async function jsonlFile(file: string, rows: AsyncIterable<unknown>): Promise<void> {
  const writer = new LineWriter(file);
  try {
    for await (const row of rows) await writer.write(row);
  } finally {
    await writer.close();
  }
}

/** A Parquet file of the schema (Snappy); rows are held a thousand at a time. */
export async function parquetFile(
  file: string,
  schema: readonly SchemaElement[],
  rows: AsyncIterable<Readonly<Record<string, unknown>>>,
): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await parquetWriteRows({
    writer: fileWriter(file),
    rows,
    columns: topLevel(schema).map((name) => ({ name })),
    schema: [{ name: 'root', num_children: topLevel(schema).length }, ...schema],
    rowGroupSize: 1000,
    createdBy: 'ruminate',
  });
}

/** Names of the columns in a flat list of schema elements, where children follow their parent. */
function topLevel(schema: readonly SchemaElement[]): readonly string[] {
  const names: string[] = [];
  let inside = 0;
  for (const { name, num_children = 0 } of schema) {
    if (inside === 0) names.push(name);
    else inside -= 1;
    inside += num_children;
  }
  return names;
}

export function textColumn(name: string): SchemaElement {
  return { name, type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' };
}

/** A list whose elements are the given ones: one text, or a group with its children. */
export function listColumn(name: string, element: readonly SchemaElement[]): readonly SchemaElement[] {
  return [
    { name, num_children: 1, converted_type: 'LIST', repetition_type: 'REQUIRED' },
    { name: 'list', num_children: 1, repetition_type: 'REPEATED' },
    ...element,
  ];
}
