import { RequestError } from './errors.js';

/** Lets so many requests work at a time and so many more wait, in the order in which they came; the next is a 429. */
export class Gate {
  readonly #running: number;
  readonly #open: number;
  readonly #waiting: (() => void)[] = [];
  #inside = 0;
  #working = 0;

  constructor({ running, waiting }: { readonly running: number; readonly waiting: number }) {
    this.#running = running;
    this.#open = running + waiting;
  }

  /** Requests that have been let in and have not left. */
  get inside(): number {
    return this.#inside;
  }

  /** Takes a place, or throws a RequestError. The function given back leaves it. */
  enter(): () => void {
    if (this.#inside >= this.#open)
      throw new RequestError(429, `${this.#inside} requests are being answered or wait; try again`, {
        code: 'queue_full',
        headers: { 'retry-after': '1' },
      });
    this.#inside++;
    return once(() => this.#inside--);
  }

  /** Works when its turn comes. */
  async work<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#working >= this.#running) await this.#turn(signal);
    else this.#working++;
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#working--;
    }
  }

  #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const start = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(start), 1);
        reject(signal.reason as Error);
      };
      this.#waiting.push(start);
      signal.addEventListener('abort', leave, { once: true });
    });
  }
}

function once(task: () => void): () => void {
  let done = false;
  return () => {
    if (!done) task();
    done = true;
  };
}
