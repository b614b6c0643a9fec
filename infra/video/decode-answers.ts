import type { Readable } from 'node:stream';
import type { DecodeAnswer } from './decode-protocol.js';

/** Pictures that may wait for their consumer before the pipe is held up. */
const MOST_WAITING = 2;

/** An answer, and a frame's pixels. */
export interface Received {
  readonly answer: DecodeAnswer;
  readonly pixels: Uint8Array | null;
}

/** Cuts a decode process's pipe into answers, and reads on only as they are taken. */
export class AnswerReader {
  readonly #pipe: Readable;
  readonly #waiting: Received[] = [];
  #taker: ((received: Received | null) => void) | null = null;
  #over = false;
  #part: 'length' | 'json' | 'pixels' = 'length';
  #bytes = room(4);
  #filled = 0;
  #answer: DecodeAnswer = { kind: 'end' };

  constructor(pipe: Readable) {
    this.#pipe = pipe;
    pipe.on('data', (chunk: Buffer) => this.#take(chunk));
    pipe.once('close', () => this.close());
    pipe.on('error', () => this.close());
  }

  /** The next answer; null when there will be none. */
  next(): Promise<Received | null> {
    const received = this.#waiting.shift();
    if (this.#waiting.length < MOST_WAITING && !this.#over) this.#pipe.resume();
    if (received !== undefined) return Promise.resolve(received);
    if (this.#over) return Promise.resolve(null);
    return new Promise((resolve) => (this.#taker = resolve));
  }

  close(): void {
    this.#over = true;
    this.#taker?.(null);
    this.#taker = null;
  }

  #take(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      const piece = chunk.subarray(at, at + this.#bytes.length - this.#filled);
      this.#bytes.set(piece, this.#filled);
      at += piece.length;
      this.#filled += piece.length;
      if (this.#filled === this.#bytes.length) this.#completed();
    }
  }

  #completed(): void {
    const bytes = this.#bytes;
    if (this.#part === 'length') {
      this.#expect('json', new DataView(bytes.buffer).getUint32(0, true));
      return;
    }
    if (this.#part === 'json') this.#answer = JSON.parse(Buffer.from(bytes).toString()) as DecodeAnswer;
    const isFrame = this.#answer.kind === 'frame';
    if (this.#part === 'json' && this.#answer.kind === 'frame') {
      this.#expect('pixels', this.#answer.bytes);
      return;
    }
    this.#expect('length', 4);
    this.#give({ answer: this.#answer, pixels: isFrame ? bytes : null });
  }

  #expect(part: 'length' | 'json' | 'pixels', bytes: number): void {
    this.#part = part;
    this.#bytes = room(bytes);
    this.#filled = 0;
  }

  #give(received: Received): void {
    const taker = this.#taker;
    this.#taker = null;
    if (taker !== null) taker(received);
    else if (this.#waiting.push(received) >= MOST_WAITING) this.#pipe.pause();
  }
}

/** Bytes that are all about to be written: not cleared first. */
function room(bytes: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.allocUnsafeSlow(bytes).buffer);
}
