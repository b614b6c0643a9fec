import { availableParallelism } from 'node:os';
import type { Received } from './decode-answers.js';
import { DecodeProcess } from './decode-process.js';
import type { DecodeJob } from './decode-protocol.js';
import { Slots } from '../concurrency/slots.js';

/**
 * Decode processes, kept between requests. A request whose answers are taken as they come waits for one of as many as
 * there are cores; one that its consumer may leave standing takes a process of its own, or two such could wait for
 * each other for ever.
 */
export class DecodePool {
  readonly #idle: DecodeProcess[] = [];
  readonly #busy = new Set<DecodeProcess>();
  readonly #cores = availableParallelism();
  readonly #slots = new Slots(this.#cores);

  /** Ids of the processes that live now. */
  get pids(): readonly number[] {
    return [...this.#idle, ...this.#busy].flatMap(({ pid }) => pid ?? []);
  }

  async *run(job: DecodeJob, signal?: AbortSignal): AsyncGenerator<Received> {
    signal?.throwIfAborted();
    const lent = this.#lend();
    try {
      yield* lent.run(job, signal);
    } finally {
      this.#busy.delete(lent);
      if (lent.isAlive && this.#idle.length < this.#cores) this.#idle.push(lent);
      else lent.kill();
    }
  }

  /** All answers at once, in turn with other such requests. */
  all(job: DecodeJob, signal?: AbortSignal): Promise<readonly Received[]> {
    return this.#slots.run(signal, async () => {
      const answers: Received[] = [];
      for await (const answer of this.run(job, signal)) answers.push(answer);
      return answers;
    });
  }

  #lend(): DecodeProcess {
    for (let known = this.#idle.pop(); known !== undefined; known = this.#idle.pop()) {
      if (known.isAlive) return this.#lent(known);
    }
    return this.#lent(new DecodeProcess());
  }

  #lent(lent: DecodeProcess): DecodeProcess {
    this.#busy.add(lent);
    return lent;
  }
}
