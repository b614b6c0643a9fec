import { createReadStream } from 'node:fs';
import { RowRefusal } from '../../../domain/formats/refusal.js';
import { jsonOf, MAX_ROW_BYTES, textOf, withoutBom, type ReadRowsOptions, type SourceRow } from './row.js';

/** Member of an object file that holds its rows. */
const ROWS = 'data';

/**
 * Elements of a JSON file that is an array, or an object whose member `data` is one. They are cut out of the stream of
 * bytes one by one: neither the file nor its elements are ever in memory together.
 */
export async function* jsonElements(file: string, options: ReadRowsOptions = {}): AsyncIterable<SourceRow> {
  let index = 0;
  for await (const piece of pieces(file, options)) {
    if (piece.kind === 'head') continue;
    if (piece.kind === 'refused') {
      yield { file, index, refusal: piece.refusal };
      continue;
    }
    try {
      yield { file, index, value: jsonOf(textOf(piece.bytes)) };
    } catch (error) {
      if (!(error instanceof RowRefusal)) throw error;
      yield { file, index, refusal: error };
    }
    index += 1;
  }
}

/** What an object file says beside its rows; an empty object for an array. Reads the file to its end. */
export async function jsonHead(file: string, options: ReadRowsOptions = {}): Promise<unknown> {
  for await (const piece of pieces(file, options)) {
    if (piece.kind === 'head') return jsonOf(textOf(piece.bytes));
  }
  return {};
}

type Piece =
  | { readonly kind: 'element'; readonly bytes: Buffer }
  /** The file without its rows; comes last. */
  | { readonly kind: 'head'; readonly bytes: Buffer }
  | { readonly kind: 'refused'; readonly refusal: RowRefusal };

const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
const [OPEN, CLOSE, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

async function* pieces(file: string, options: ReadRowsOptions): AsyncIterable<Piece> {
  const element = new Bytes();
  const head = new Bytes();
  const key = new Bytes();
  let member = '';
  let depth = 0;
  /** Depth of the elements; null outside the array of rows. */
  let rows: number | null = null;
  let [inString, escaped, begun, ended] = [false, false, false, false];

  for await (const chunk of withoutBom(createReadStream(file), options)) {
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) inString = false;
        if (rows !== null) element.add(byte);
        else {
          head.add(byte);
          if (depth === 1) key.add(byte);
        }
        continue;
      }
      if (isBlank(byte)) {
        // Kept: without them `1 2` would become 12.
        if (rows === null) head.add(byte);
        else if (element.length > 0) element.add(byte);
        continue;
      }
      if (!begun) {
        if (byte !== OPEN && byte !== OPEN_OBJECT) {
          yield refused('expected a JSON array, or an object with one');
          return;
        }
        begun = true;
      } else if (ended) {
        yield refused('something follows the end of the JSON value');
        return;
      }
      if (byte === QUOTE) {
        inString = true;
        if (depth === 1) key.clear();
      } else if (byte === COLON && depth === 1 && rows === null) member = `"${key.text()}`;
      else if (byte === OPEN || byte === OPEN_OBJECT) {
        depth += 1;
        const opens =
          byte === OPEN && rows === null && (depth === 1 || (depth === 2 && member === `"${ROWS}"`));
        if (opens) {
          rows = depth;
          head.add(byte);
          continue;
        }
      } else if (byte === CLOSE || byte === CLOSE_OBJECT) {
        depth -= 1;
        if (rows !== null && depth < rows) {
          if (element.length > 0) yield take(element);
          rows = null;
          head.add(byte);
          ended = depth === 0;
          continue;
        }
        ended = depth === 0;
      } else if (byte === COMMA && rows === depth) {
        yield take(element);
        continue;
      }
      (rows === null ? head : element).add(byte);
    }
  }
  if (!begun) {
    yield refused('the file is empty');
    return;
  }
  if (!ended) {
    yield refused('the file ends within its JSON value: it is cut short, or a bracket or quote is missing');
    return;
  }
  yield { kind: 'head', bytes: head.take() };
}

function take(element: Bytes): Piece {
  if (element.length > MAX_ROW_BYTES) {
    element.clear();
    return refused(`the element has more than ${MAX_ROW_BYTES} bytes`);
  }
  return { kind: 'element', bytes: element.take() };
}

function refused(message: string): Piece {
  return { kind: 'refused', refusal: new RowRefusal('broken-json', message) };
}

function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

/** Bytes that grow; past the limit only their number does. */
class Bytes {
  #bytes = Buffer.alloc(1024);
  length = 0;

  add(byte: number): void {
    if (this.length < MAX_ROW_BYTES) {
      if (this.length === this.#bytes.length) {
        const larger = Buffer.alloc(this.#bytes.length * 2);
        this.#bytes.copy(larger);
        this.#bytes = larger;
      }
      this.#bytes[this.length] = byte;
    }
    this.length += 1;
  }

  clear(): void {
    this.length = 0;
  }

  text(): string {
    return this.#bytes.toString('utf8', 0, Math.min(this.length, MAX_ROW_BYTES));
  }

  take(): Buffer {
    const bytes = Buffer.from(this.#bytes.subarray(0, Math.min(this.length, MAX_ROW_BYTES)));
    this.clear();
    return bytes;
  }
}
