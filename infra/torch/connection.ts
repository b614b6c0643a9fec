import type { Socket } from 'node:net';
import { BugFailure, InfrastructureFailure } from '../../domain/failures.js';
import { toFailure } from './failures.js';
import { encodeFrame, FrameReader, type Frame } from './frames.js';
import { Spoken, type Progress } from './schema.js';

export interface Answer {
  readonly result: unknown;
  readonly blobs: readonly Uint8Array[];
}

export interface RequestOptions {
  readonly blobs?: readonly Uint8Array[];
  readonly signal?: AbortSignal | undefined;
  /** Hears of each heartbeat: what is being done, and how much of it. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
}

interface Pending {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: unknown) => void;
  readonly onProgress: ((progress: Progress) => void) | undefined;
}

/** Requests and their answers over one socket. Requests are answered one after the other, in their order. */
export class Connection {
  readonly #socket: Socket;
  readonly #reader = new FrameReader();
  readonly #pending = new Map<number, Pending>();
  #last = 0;
  #ended: Error | null = null;
  /** When the other side was heard last. */
  heardAtMs = Date.now();

  /** @param onHello hears the greeting; an error that it throws ends the connection */
  constructor(socket: Socket, onHello: (hello: Spoken & { type: 'hello' }) => void) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#hear(chunk, onHello));
    socket.on('error', (cause) => this.end(new InfrastructureFailure('the connection broke off', { cause })));
    socket.on('close', () => this.end(new InfrastructureFailure('the Python process closed the connection')));
  }

  get busy(): boolean {
    return this.#pending.size > 0;
  }

  /** Nothing can be asked any more. */
  get broken(): boolean {
    return this.#ended !== null;
  }

  /** Aborting asks the process to stop; the promise rejects once it has, so that nothing goes on unseen. */
  async request(verb: string, params: object, options: RequestOptions = {}): Promise<Answer> {
    const { blobs = [], signal, onProgress } = options;
    signal?.throwIfAborted();
    if (this.#ended) throw this.#ended;
    const id = ++this.#last;
    const cancel = (): void => this.#send({ message: { type: 'cancel', id }, blobs: [] });
    const answered = new Promise<Answer>((resolve, reject) =>
      this.#pending.set(id, { resolve, reject, onProgress }),
    );
    try {
      this.heardAtMs = Date.now();
      this.#send({ message: { type: 'request', id, verb, params }, blobs });
      signal?.addEventListener('abort', cancel);
      return await answered;
    } catch (error) {
      // Whatever the process said when it stopped: the caller wanted it to.
      signal?.throwIfAborted();
      throw error;
    } finally {
      signal?.removeEventListener('abort', cancel);
      this.#pending.delete(id);
    }
  }

  /** Every request that waits, and every later one, fails with this. The first cause wins. */
  end(cause: Error): void {
    this.#ended ??= cause;
    this.#socket.destroy();
    for (const { reject } of this.#pending.values()) reject(this.#ended);
    this.#pending.clear();
  }

  #send(frame: Frame): void {
    for (const piece of encodeFrame(frame)) this.#socket.write(piece);
  }

  #hear(chunk: Buffer, onHello: (hello: Spoken & { type: 'hello' }) => void): void {
    this.heardAtMs = Date.now();
    try {
      for (const { message, blobs } of this.#reader.push(chunk)) this.#take(message, blobs, onHello);
    } catch (error) {
      this.end(error instanceof Error ? error : new BugFailure(String(error)));
    }
  }

  #take(
    message: Frame['message'],
    blobs: readonly Uint8Array[],
    onHello: (hello: Spoken & { type: 'hello' }) => void,
  ): void {
    const parsed = Spoken.safeParse(message);
    if (!parsed.success)
      throw new BugFailure(
        `the Python process said something unknown: ${JSON.stringify(message).slice(0, 200)}`,
      );
    const said = parsed.data;
    switch (said.type) {
      case 'hello':
        return onHello(said);
      case 'heartbeat':
        return this.#pending.get(said.id)?.onProgress?.(said);
      case 'result':
        return this.#pending.get(said.id)?.resolve({ result: said.result, blobs });
      case 'error':
        return this.#pending.get(said.id)?.reject(toFailure(said.error));
      case 'fatal':
        throw toFailure(said.error);
      default:
        return said satisfies never;
    }
  }
}
