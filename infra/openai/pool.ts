import type { EndpointSpec } from '../../domain/conversation/spec.js';
import { stream } from '../../domain/seeds.js';

/** The right to make one call to an endpoint. Given back exactly once. */
export interface Lease {
  readonly endpoint: EndpointSpec;
  /** Parameters that the endpoint has turned out not to take; what is added is remembered. */
  readonly refused: Set<string>;
  /** It has failed several times in a row: ask something small of it before it gets real work. */
  readonly ailing: boolean;
  done(): void;
  /** It did not work: the endpoint rests for as long as it asked, or longer after each failure in a row. */
  failed(afterMs: number | null): void;
  /** Neither: the call was cancelled, or failed for what it asked. */
  abandon(): void;
}

/** The first rest after a failure; doubled for each further one, up to the longest. */
const FIRST_REST_MS = 500;
const LONGEST_REST_MS = 30_000;
/** Failures in a row after which an endpoint is asked for its health first. */
const AILING = 3;

/**
 * Shares calls among endpoints: never more at once than each takes, by weight among those that are not resting.
 * Who finds none free waits, first come first served. One pool for each process, so that runs share its limits.
 */
export class EndpointPool {
  readonly #states = new Map<string, State>();
  #waiting: (() => void)[] = [];
  #leases = 0;

  /** @param key names the call, for the jitter of its rest */
  async acquire(endpoints: readonly EndpointSpec[], key: string, signal?: AbortSignal): Promise<Lease> {
    const states = endpoints.map((endpoint) => this.#state(endpoint));
    for (;;) {
      signal?.throwIfAborted();
      const nowMs = Date.now();
      const free = states.filter(
        ({ endpoint, state }) => state.underWay < endpoint.concurrency && state.restUntilMs <= nowMs,
      );
      const best = free.reduce<(typeof free)[number] | null>(
        (least, one) => (least === null || load(one) < load(least) ? one : least),
        null,
      );
      if (best !== null) return this.#lease(best.endpoint, best.state, key);
      const rests = states.map(({ state }) => state.restUntilMs).filter((untilMs) => untilMs > nowMs);
      await this.#wait(rests.length === 0 ? null : Math.min(...rests) - nowMs, signal);
    }
  }

  #state(endpoint: EndpointSpec): { readonly endpoint: EndpointSpec; readonly state: State } {
    const name = `${endpoint.url}\n${endpoint.keyVariable ?? ''}`;
    let state = this.#states.get(name);
    if (state === undefined) {
      state = { underWay: 0, given: 0, failures: 0, restUntilMs: 0, refused: new Map() };
      this.#states.set(name, state);
    }
    return { endpoint, state };
  }

  #lease(endpoint: EndpointSpec, state: State, key: string): Lease {
    state.underWay += 1;
    state.given += 1;
    const number = this.#leases++;
    let open = true;
    const close = (settle: () => void): void => {
      if (!open) return;
      open = false;
      state.underWay -= 1;
      settle();
      for (const wake of this.#waiting.splice(0)) wake();
    };
    let refused = state.refused.get(endpoint.model);
    if (refused === undefined) state.refused.set(endpoint.model, (refused = new Set()));
    return {
      endpoint,
      refused,
      ailing: state.failures >= AILING,
      done: () => {
        close(() => (state.failures = 0));
      },
      failed: (afterMs) => {
        close(() => {
          const jitter = stream('rest', endpoint.url, key, number).float();
          const restMs =
            afterMs === null ? restAfter(state.failures, jitter) : afterMs + jitter * FIRST_REST_MS;
          state.restUntilMs = Math.max(state.restUntilMs, Date.now() + restMs);
          state.failures += 1;
        });
      },
      abandon: () => {
        close(() => undefined);
      },
    };
  }

  async #wait(ms: number | null, signal: AbortSignal | undefined): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    let wake = (): void => undefined;
    try {
      await new Promise<void>((resolve) => {
        wake = resolve;
        this.#waiting.push(resolve);
        if (ms !== null) timer = setTimeout(resolve, Math.max(1, ms));
        signal?.addEventListener('abort', wake, { once: true });
      });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', wake);
      this.#waiting = this.#waiting.filter((other) => other !== wake);
    }
  }
}

interface State {
  underWay: number;
  /** Calls that it was ever given. */
  given: number;
  failures: number;
  restUntilMs: number;
  readonly refused: Map<string, Set<string>>;
}

/** Half of the rest is certain, half is drawn, so that those who failed together do not come back together. */
export function restAfter(failures: number, uniform: number): number {
  return Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** failures) * (0.5 + 0.5 * uniform);
}

/** What is under way for its weight; of equally busy ones, who was given least. */
function load({ endpoint, state }: { readonly endpoint: EndpointSpec; readonly state: State }): number {
  return state.underWay / endpoint.weight + (state.given / endpoint.weight) * 1e-9;
}
