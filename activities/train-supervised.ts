import { ratesAt } from '../domain/schedules.js';
import { freshOptimizer } from '../engine/policy/state.js';
import type { Trained, TrainSupervisedInput } from './contract.js';
import type { Checkpoints } from './checkpoints.js';
import type { DataSets } from './datasets.js';
import { specOf, type Engines } from './engines.js';
import { breathe, heartbeat } from './heartbeat.js';
import { unpackSequences, type Sequence } from './packs.js';
import type { ObjectStore } from './ports.js';
import { stopwatch } from './stopwatch.js';
import { Batches, supervisedStep, type SupervisedPlan } from './supervised-steps.js';

export interface TrainDeps {
  readonly store: ObjectStore;
  readonly dataSets: DataSets;
  readonly checkpoints: Checkpoints;
  readonly engines: Engines;
}

/** Supervised steps [fromStep, toStep) of a stage, then one commit. */
export function createTrainSupervised(deps: TrainDeps): (input: TrainSupervisedInput) => Promise<Trained> {
  const sets = new SequenceSets(deps.store);
  return async (input) => {
    const { at, stage, fromStep, toStep } = input;
    const version = { stage: at.stage, step: toStep };
    const done = await deps.checkpoints.committed(at.run, version);
    if (done) return done;
    const time = stopwatch();
    const spec = specOf(input.policy);
    const data = await deps.dataSets.load(input.set.data);
    const batches = await sets.load(input);
    const loaded = await deps.checkpoints.load(spec, input.checkpoint);
    // Each stage begins with zero moments: the one before it had another objective.
    let state = fromStep === 0 ? { weights: loaded.weights, optimizer: freshOptimizer(spec) } : loaded;
    time.mark('loading');
    const engine = deps.engines.get(input.policy, input.compute);
    const plan: SupervisedPlan = {
      stage: at.stage,
      batchSize: stage.batchSize,
      microBatch: input.compute.microBatch,
      auxiliaryWeight: stage.type === 'sft' ? stage.auxiliaryWeight : PRETRAIN_AUXILIARY_WEIGHT,
      glance: stage.type === 'sft',
      optimizer: stage.optimizer,
      ratesAt: (step) => ratesAt(step, stage.steps, stage.optimizer),
    };
    const sums: Record<string, number> = {};
    for (let step = fromStep; step < toStep; step++) {
      const out = await supervisedStep(engine, state, data, batches, plan, step);
      state = out.state;
      for (const [name, value] of Object.entries(out.metrics)) sums[name] = (sums[name] ?? 0) + value;
      heartbeat({ doing: at.stage, done: step + 1, total: stage.steps, loss: out.metrics['loss'] });
      await breathe();
    }
    time.mark('training');
    const metrics = Object.fromEntries(
      Object.entries(sums).map(([name, sum]) => [name, sum / (toStep - fromStep)]),
    );
    const checkpoint = await deps.checkpoints.save(at.run, spec, state, {
      version,
      metrics,
      timeMs: time.marks,
    });
    time.mark('storing');
    return { checkpoint, metrics, timeMs: { ...time.marks } };
  };
}

/** Seeing is what a pretrain stage is for: its dense supervision always has its full weight. */
const PRETRAIN_AUXILIARY_WEIGHT = 1;

/** The training set of the stage in hand, unpacked once. */
class SequenceSets {
  readonly #store: ObjectStore;
  #key = '';
  #batches: Batches | null = null;

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  async load({ set, seed, at }: TrainSupervisedInput): Promise<Batches> {
    const key = `${at.run}/${at.stage}/${set.parts.map((part) => part.sha256).join()}`;
    if (this.#batches && key === this.#key) return this.#batches;
    const sequences: Sequence[] = [];
    for (const part of set.parts) sequences.push(...unpackSequences(await this.#store.get(part), part.uri));
    this.#batches = new Batches(sequences, seed, at.stage);
    this.#key = key;
    return this.#batches;
  }
}
