import type { RolloutMemory } from '../engine/sampling/memory.js';
import type { Shard } from './contract.js';
import { turnKey } from './rollouts.js';

/** Bytes kept at most: the shards of a step at mini size, and some. */
const LIMIT = 128 * 2 ** 20;

/**
 * What the sampler remembers of a shard's rollouts, kept from one turn's activity to the next. A convenience: what is not
 * here (another worker sampled the turn, or room was short) is made again with the same bits.
 */
export class RolloutMemories {
  readonly #limit: number;
  /** By turn, oldest first. */
  readonly #kept = new Map<string, readonly (RolloutMemory | null)[]>();

  constructor(limit = LIMIT) {
    this.#limit = limit;
  }

  /** After the turn, one entry a rollout: null where it did not speak. */
  keep(shard: Shard, turn: number, memories: readonly (RolloutMemory | null)[]): void {
    this.#kept.set(keyOf(shard, turn), memories);
    for (const oldest of this.#kept.keys()) {
      if (this.bytes <= this.#limit) return;
      this.#kept.delete(oldest);
    }
  }

  /** The memories after the turn, which are then no longer kept: a turn is sampled once. */
  take(shard: Shard, turn: number): readonly (RolloutMemory | null)[] {
    const key = keyOf(shard, turn);
    const found = this.#kept.get(key);
    this.#kept.delete(key);
    return found ?? [];
  }

  get bytes(): number {
    const batches = new Set([...this.#kept.values()].flat().map((memory) => memory?.of));
    return [...batches].reduce((sum, batch) => sum + (batch?.bytes ?? 0), 0);
  }
}

/** The policy's weights are part of it: a memory is of what one policy thought. */
function keyOf(shard: Shard, turn: number): string {
  return `${shard.checkpoint.weights.sha256}/${turnKey(shard, turn, 'turn')}`;
}
