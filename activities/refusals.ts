import { DataFailure } from '../domain/failures.js';

/** Why demonstrations of a stage were refused; too many in a row, and none can be had. */
export class Refusals {
  /** How often, by reason. */
  readonly counts: Record<string, number> = {};
  readonly #stage: string;
  readonly #patience: number;
  #inVain = 0;

  /** @param patience refusals in a row that are too many */
  constructor(stage: string, patience: number) {
    this.#stage = stage;
    this.#patience = patience;
  }

  /**
   * One more in vain. Throws a DataFailure that says the most frequent reasons where that was too many.
   * @param again whether the same one was refused, and counted, before
   */
  refused(reason: string, again = false): void {
    if (!again) this.counts[reason] = (this.counts[reason] ?? 0) + 1;
    if (++this.#inVain < this.#patience) return;
    const most = Object.entries(this.counts).sort(([, a], [, b]) => b - a);
    const told = most.slice(0, TOLD).map(([why, times]) => `${times} × ${why}`);
    throw new DataFailure(`${this.#stage}: no more demonstrations can be made. Refused: ${told.join('; ')}`);
  }

  made(): void {
    this.#inVain = 0;
  }
}

const TOLD = 5;
/** Of demonstrations that are drawn from a world's truth. */
export const WORLD_PATIENCE = 100;
