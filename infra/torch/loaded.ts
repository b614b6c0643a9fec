import type { z } from 'zod';
import { BugFailure, MemoryFailure } from '../../domain/failures.js';
import type { RequestOptions } from './connection.js';
import { startProcess, type ProcessOptions, type TorchProcess } from './process.js';

export interface Reply<T> {
  readonly value: T;
  readonly blobs: readonly Uint8Array[];
}

interface Running<L> {
  readonly process: TorchProcess;
  readonly loaded: L;
}

/** A Python process with one model loaded, started when it is first asked, and again after it died. `L`: what `load` answers. */
export class LoadedProcess<L> {
  readonly #load: { readonly request: object; readonly reply: z.ZodType<L> };
  readonly #options: ProcessOptions;
  readonly #onEnd: () => void;
  #running: Promise<Running<L>> | null = null;
  #process: TorchProcess | null = null;

  /** @param onEnd whatever the process held is gone with it */
  constructor(
    load: { readonly request: object; readonly reply: z.ZodType<L> },
    options: ProcessOptions,
    onEnd: () => void,
  ) {
    this.#load = load;
    this.#options = options;
    this.#onEnd = onEnd;
  }

  /** The process's id, for who watches it; null while none runs. */
  get pid(): number | null {
    return this.#process?.pid ?? null;
  }

  async ask<T>(
    verb: string,
    params: object,
    reply: z.ZodType<T>,
    options: RequestOptions,
  ): Promise<Reply<T>> {
    const { process } = await this.start(options);
    try {
      const { result, blobs } = await process.connection.request(verb, params, options);
      return { value: understood(verb, reply, result), blobs };
    } catch (error) {
      // What is tried next, with less, needs the memory that this process has in its hands. One that cannot be asked any
      // more takes a while to go: the next request is for another.
      if (error instanceof MemoryFailure || process.connection.broken) await process.close();
      throw error;
    }
  }

  /** Loading is not cancelled with the request that began it: others may wait for it too. */
  start({ onProgress }: RequestOptions): Promise<Running<L>> {
    this.#running ??= this.#launch(onProgress).catch((error: unknown) => {
      this.#running = null;
      throw error;
    });
    return this.#running;
  }

  async close(): Promise<void> {
    await this.#running?.then(({ process }) => process.close()).catch(() => undefined);
  }

  async #launch(onProgress: RequestOptions['onProgress']): Promise<Running<L>> {
    const process = await startProcess(this.#options);
    try {
      const { request, reply } = this.#load;
      const { result } = await process.connection.request('load', request, { onProgress });
      const loaded = understood('load', reply, result);
      this.#process = process;
      void process.ended.then(() => {
        [this.#process, this.#running] = [null, null];
        this.#onEnd();
      });
      return { process, loaded };
    } catch (error) {
      await process.close();
      throw error;
    }
  }
}

function understood<T>(verb: string, reply: z.ZodType<T>, result: unknown): T {
  const parsed = reply.safeParse(result);
  if (parsed.success) return parsed.data;
  const { path, message } = parsed.error.issues[0]!;
  throw new BugFailure(
    `the Python process answered ${verb} with an unknown ${path.join('.') || 'value'}: ${message}`,
  );
}
