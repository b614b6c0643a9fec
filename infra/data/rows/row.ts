import { RowRefusal } from '../../../domain/formats/refusal.js';

/** Where a row stands, as a person looks for it: a line of a text file, or an index (from 0) in a JSON array or table. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly index?: number;
}

/** A row of a file, or why it is none. */
export type SourceRow = Place & ({ readonly value: unknown } | { readonly refusal: RowRefusal });

/** How far a reader is in its file, in bytes. */
export type OnBytes = (bytes: number) => void;

export interface ReadRowsOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onBytes?: OnBytes | undefined;
}

/** Most bytes that one row may have: what is longer is no row, and would fill the memory. */
export const MAX_ROW_BYTES = 64 * 1024 * 1024;

/** `questions.jsonl:12`, `t1s1val.json[3]` */
export function placeText({ file, line, index }: Place): string {
  if (line !== undefined) return `${file}:${line}`;
  return index === undefined ? file : `${file}[${index}]`;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes as text; what is no UTF-8 is refused, never replaced by question marks. */
export function textOf(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch {
    const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
    throw new RowRefusal(
      'invalid-utf8',
      `expected UTF-8, found ${utf16 ? 'UTF-16: save the file as UTF-8' : 'bytes that are none'}`,
    );
  }
}

export function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new RowRefusal('broken-json', `expected JSON: ${why}`);
  }
}

/** The bytes of a file without a byte order mark, chunk by chunk; tells how far it is. */
export async function* withoutBom(
  chunks: AsyncIterable<Buffer>,
  { signal, onBytes }: ReadRowsOptions,
): AsyncIterable<Buffer> {
  let bytes = 0;
  for await (const chunk of chunks) {
    signal?.throwIfAborted();
    const marked = bytes === 0 && chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf;
    bytes += chunk.length;
    onBytes?.(bytes);
    yield marked ? chunk.subarray(3) : chunk;
  }
}
