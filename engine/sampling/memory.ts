import type * as ort from 'onnxruntime-node';
import { f32, type Feeds } from '../feeds.js';
import { memoryParts } from '../policy/memory.js';
import type { PolicySpec } from '../policy/spec.js';

/** What a sampler remembers of the rollouts of one batch: the tensors as the turn's graph left them. */
export class BatchMemory {
  readonly turns: number;
  /** Rows of the batch, padding included. */
  readonly batch: number;
  readonly #tensors: Readonly<Record<string, ort.Tensor>>;

  /** Takes the memory from a graph's outputs; what a turn does not change comes from `before`. */
  constructor(
    spec: PolicySpec,
    turns: number,
    batch: number,
    outputs: ort.InferenceSession.OnnxValueMapType,
    before: Feeds,
  ) {
    this.turns = turns;
    this.batch = batch;
    this.#tensors = Object.fromEntries(
      memoryParts(spec, turns).map(({ name }) => [name, outputs[`${name}+`] ?? before[name]!]),
    );
  }

  get feeds(): Feeds {
    return this.#tensors;
  }

  /** A rollout's numbers of one part. */
  row(name: string, perRollout: number, row: number): Float32Array {
    return (this.#tensors[name]!.data as Float32Array).subarray(row * perRollout, (row + 1) * perRollout);
  }

  get bytes(): number {
    return Object.values(this.#tensors).reduce((sum, { size }) => sum + 4 * size, 0);
  }
}

/** One rollout's place in a batch's memory; the batch is kept as long as one of its rollouts is. */
export interface RolloutMemory {
  readonly of: BatchMemory;
  readonly row: number;
}

/**
 * The memories of rollouts as one batch. Where the rollouts stand as they did, nothing is copied; where some have left or
 * others joined, rows are.
 */
export function joinMemories(spec: PolicySpec, memories: readonly RolloutMemory[], batch: number): Feeds {
  const first = memories[0]!.of;
  if (first.batch === batch && memories.every(({ of, row }, i) => of === first && row === i))
    return first.feeds;
  return Object.fromEntries(
    memoryParts(spec, first.turns).map(({ name, perRollout, shape }) => {
      const joined = new Float32Array(batch * perRollout);
      memories.forEach(({ of, row }, i) => {
        joined.set(of.row(name, perRollout, row), i * perRollout);
      });
      return [name, f32(joined, shape(batch))];
    }),
  );
}
