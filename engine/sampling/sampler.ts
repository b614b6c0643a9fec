import type { SamplingOptions } from '../../domain/sampling.js';
import type { Feeds } from '../feeds.js';
import type { DrawnTurn, TurnRequest } from './rollouts.js';
import { drawTurns, type SamplerDeps } from './turns.js';

export interface SamplerOptions {
  /** Rollouts drawn at once, at most. */
  readonly capacity: number;
}

/** What turns drawn together have in common. */
interface Terms {
  readonly weights: Feeds;
  readonly options: SamplingOptions;
}

interface Waiting {
  readonly terms: Terms;
  readonly request: TurnRequest;
  readonly signal: AbortSignal | undefined;
  readonly resolve: (turn: DrawnTurn) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Continuous batching: turns wait in one queue, whoever asked for them. Each time the batch is what most rollouts wait
 * for, filled from all of them; rollouts that have finished do not come back, and others take their rows. Since no
 * rollout's numbers depend on its batch, none can tell.
 */
export class Sampler {
  readonly #deps: SamplerDeps;
  readonly #capacity: number;
  #waiting: Waiting[] = [];
  #working = false;

  constructor(deps: SamplerDeps, { capacity }: SamplerOptions) {
    this.#deps = deps;
    this.#capacity = capacity;
  }

  /**
   * Draws a rollout's next turn.
   *
   * @param signal takes it out of the queue; what is being drawn already is drawn
   */
  draw(
    weights: Feeds,
    options: SamplingOptions,
    request: TurnRequest,
    signal?: AbortSignal,
  ): Promise<DrawnTurn> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ terms: { weights, options }, request, signal, resolve, reject });
      void this.#work();
    });
  }

  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    // All that is asked for at the same time shall share batches.
    await Promise.resolve();
    for (;;) {
      this.#dropAborted();
      const batch = this.#next();
      if (batch.length === 0) break;
      const { weights, options } = batch[0]!.terms;
      try {
        const requests = batch.map(({ request }) => request);
        const turns = await drawTurns(this.#deps, weights, options, requests);
        batch.forEach(({ resolve }, i) => {
          resolve(turns[i]!);
        });
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    this.#working = false;
  }

  /** The longest line of turns that can be drawn together, oldest first, as far as the batch has room. */
  #next(): readonly Waiting[] {
    const lines: Waiting[][] = [];
    for (const one of this.#waiting) {
      const line = lines.find(([first]) => canShare(first!, one));
      if (line) line.push(one);
      else lines.push([one]);
    }
    const longest = lines.reduce<Waiting[]>((a, b) => (b.length > a.length ? b : a), []);
    const batch = longest.slice(0, this.#capacity);
    const taken = new Set(batch);
    this.#waiting = this.#waiting.filter((one) => !taken.has(one));
    return batch;
  }

  #dropAborted(): void {
    for (const { signal, reject } of this.#waiting) if (signal?.aborted) reject(signal.reason);
    this.#waiting = this.#waiting.filter(({ signal }) => !signal?.aborted);
  }
}

function canShare(a: Waiting, b: Waiting): boolean {
  const [x, y] = [a.terms.options, b.terms.options];
  return (
    a.terms.weights === b.terms.weights &&
    a.request.rollout.actions.length === b.request.rollout.actions.length &&
    x.greedy === y.greedy &&
    (x.greedy || (x.temperature === y.temperature && x.topP === y.topP))
  );
}
