import type { OptimizerGraphConfig } from '../engine/optim/optimizer-graph.js';
import type { EmbeddedEngine } from '../engine/embedded-engine.js';
import type { PolicyState } from '../engine/policy/state.js';
import { stream } from '../domain/seeds.js';
import type { LoadedDataSet } from './datasets.js';
import { refuseBadLosses, refuseBadStep } from './finite.js';
import { collateSupervised, maskedTokens, type Sequence } from './packs.js';

export interface SupervisedPlan {
  readonly stage: string;
  readonly batchSize: number;
  readonly microBatch: number;
  readonly auxiliaryWeight: number;
  readonly glance: boolean;
  readonly optimizer: OptimizerGraphConfig;
  /** Rates at a step of the stage. */
  readonly ratesAt: (step: number) => { readonly lr: number; readonly muonLr: number };
}

/** Sequences of one stage by number of looks: a step trains on sequences of one length, so that none is padded. */
export class Batches {
  readonly #buckets: readonly (readonly Sequence[])[];
  readonly #total: number;
  readonly #seed: number;
  readonly #stage: string;
  readonly #orders = new Map<string, readonly number[]>();

  constructor(sequences: readonly Sequence[], seed: number, stage: string) {
    const lengths = [...new Set(sequences.map((s) => s.looks.length))].sort();
    this.#buckets = lengths.map((length) => sequences.filter((s) => s.looks.length === length));
    this.#total = sequences.length;
    this.#seed = seed;
    this.#stage = stage;
  }

  /**
   * The batch of a step: a function of (seed, stage, step) alone. Lengths take turns in proportion to their
   * sequences; each length is gone through in an order shuffled anew every epoch.
   */
  batch(step: number, size: number): readonly Sequence[] {
    const counts = this.#buckets.map(() => 0);
    let chosen = 0;
    for (let s = 0; s <= step; s++) {
      const lag = this.#buckets.map((bucket, b) => (bucket.length / this.#total) * (s + 1) - counts[b]!);
      chosen = lag.indexOf(Math.max(...lag));
      if (s < step) counts[chosen]!++;
    }
    const bucket = this.#buckets[chosen]!;
    return Array.from({ length: size }, (_, i) => {
      const position = counts[chosen]! * size + i;
      const epoch = Math.floor(position / bucket.length);
      return bucket[this.#order(chosen, epoch, bucket.length)[position % bucket.length]!]!;
    });
  }

  #order(bucket: number, epoch: number, length: number): readonly number[] {
    const key = `${bucket}/${epoch}`;
    const known = this.#orders.get(key);
    if (known) return known;
    const order = stream(this.#seed, this.#stage, 'order', bucket, epoch).shuffle([...Array(length).keys()]);
    this.#orders.set(key, order);
    return order;
  }
}

/** One supervised optimizer step. Throws a BugFailure on numbers that are not finite; nothing is saved then. */
export async function supervisedStep(
  engine: EmbeddedEngine,
  state: PolicyState,
  data: LoadedDataSet,
  batches: Batches,
  plan: SupervisedPlan,
  step: number,
): Promise<{ state: PolicyState; metrics: Record<string, number> }> {
  const sequences = batches.batch(step, plan.batchSize);
  const looks = sequences[0]!.looks.length;
  const tokens = maskedTokens(sequences);
  const dense =
    plan.auxiliaryWeight > 0 ? { weight: plan.auxiliaryWeight, sequences: sequences.length } : null;
  let gradients = engine.zeroGradients();
  const sums: Record<string, number> = { loss: 0, auxiliaryLoss: 0, tokenAccuracy: 0 };
  for (let start = 0; start < sequences.length; start += plan.microBatch) {
    const part = sequences.slice(start, start + plan.microBatch);
    const batch = collateSupervised(data, part, plan.microBatch, looks, {
      tokens,
      dense,
      glance: plan.glance,
    });
    const out = await engine.supervised(state.weights, gradients, batch);
    gradients = out.gradients;
    sums['loss']! += out.stats['actionLoss']!;
    sums['auxiliaryLoss']! += out.stats['auxiliaryLoss']!;
    sums['tokenAccuracy']! += out.stats['hits']!;
  }
  const at = { stage: plan.stage, step, losses: sums, gradients, weights: state.weights };
  refuseBadLosses(at);
  const stepped = await engine.optimizerStep(state, gradients, plan.optimizer, plan.ratesAt(step));
  refuseBadStep(at, stepped);
  const metrics = { ...sums, gradNorm: stepped.gradNorm, lr: plan.ratesAt(step).lr };
  return { state: stepped.state, metrics };
}
