import { BugFailure, UserError } from '../../domain/failures.js';

/** One message on the socket to the Python process: a JSON object, and bytes beside it that JSON could not carry. */
export interface Frame {
  readonly message: Readonly<Record<string, unknown>>;
  readonly blobs: readonly Uint8Array[];
}

const MAGIC = 'RMT1';
const HEADER_BYTES = 16;
/** A page of token ids is kilobytes; whatever is longer than this is no message of ours. */
const MOST_JSON = 256 * 2 ** 20;
const MOST_BLOBS = 8 * 2 ** 30;

/**
 * A message as the pieces to write, in order; nothing is copied together.
 * ```
 * "RMT1"  uint32 length of the JSON  uint64 length of the bytes  JSON (UTF-8)  bytes
 * ```
 * Little-endian; the JSON's `blobs` lists each blob's length. `frames.py` of the engine is the other side.
 */
export function encodeFrame({ message, blobs }: Frame): readonly Uint8Array[] {
  const lengths = blobs.map((blob) => blob.length);
  const bytes = lengths.reduce((sum, n) => sum + n, 0);
  const json = Buffer.from(JSON.stringify({ ...message, blobs: lengths }), 'utf8');
  if (json.length > MOST_JSON || bytes > MOST_BLOBS)
    throw new UserError(
      `a request of ${json.length} + ${bytes} bytes does not fit one message (${MOST_JSON} + ${MOST_BLOBS})`,
      'ask for fewer conversations at once',
    );
  const header = Buffer.alloc(HEADER_BYTES);
  header.write(MAGIC, 'latin1');
  header.writeUInt32LE(json.length, 4);
  header.writeBigUInt64LE(BigInt(bytes), 8);
  return [header, json, ...blobs];
}

/** Puts frames together from a stream's chunks. What is no frame throws a BugFailure: nothing after it can be trusted. */
export class FrameReader {
  #chunks: Buffer[] = [];
  #held = 0;

  /** The frames that this chunk completes, in order. */
  push(chunk: Buffer): readonly Frame[] {
    this.#chunks.push(chunk);
    this.#held += chunk.length;
    const frames: Frame[] = [];
    for (let frame = this.#next(); frame !== null; frame = this.#next()) frames.push(frame);
    return frames;
  }

  #next(): Frame | null {
    if (this.#held < HEADER_BYTES) return null;
    const header = this.#peek(HEADER_BYTES);
    if (header.toString('latin1', 0, 4) !== MAGIC)
      throw bad(`it begins with ${header.toString('hex', 0, 4)}`);
    const jsonBytes = header.readUInt32LE(4);
    const blobBytes = Number(header.readBigUInt64LE(8));
    if (jsonBytes > MOST_JSON || blobBytes > MOST_BLOBS)
      throw bad(`it claims ${jsonBytes} + ${blobBytes} bytes`);
    const whole = HEADER_BYTES + jsonBytes + blobBytes;
    if (this.#held < whole) return null;
    const bytes = this.#peek(whole);
    this.#chunks = [bytes.subarray(whole)];
    this.#held -= whole;
    const message = parse(bytes.toString('utf8', HEADER_BYTES, HEADER_BYTES + jsonBytes));
    return { message, blobs: cut(bytes.subarray(HEADER_BYTES + jsonBytes, whole), message['blobs']) };
  }

  /** At least `length` bytes in one piece. Chunks are joined only once there are enough of them. */
  #peek(length: number): Buffer {
    if (this.#chunks[0]!.length < length) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0]!;
  }
}

function parse(json: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  } catch {
    // Told below.
  }
  throw bad(`its JSON is no object: ${json.slice(0, 80)}`);
}

function cut(bytes: Buffer, lengths: unknown): readonly Uint8Array[] {
  const known = Array.isArray(lengths) ? (lengths as readonly unknown[]) : [];
  let at = 0;
  const blobs = known.map((length) => {
    if (!Number.isSafeInteger(length) || (length as number) < 0) throw bad('a blob without a length');
    return bytes.subarray(at, (at += length as number));
  });
  if (at !== bytes.length || !Array.isArray(lengths))
    throw bad(`${bytes.length} bytes of blobs, ${at} announced`);
  return blobs;
}

function bad(why: string): BugFailure {
  return new BugFailure(`what came from the Python process is no frame: ${why}`);
}
