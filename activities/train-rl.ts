import type { GrpoBatch } from '../engine/batches.js';
import type { EmbeddedEngine } from '../engine/embedded-engine.js';
import { freshOptimizer } from '../engine/policy/state.js';
import { SLOT } from '../domain/protocol/compact.js';
import { ratesAt } from '../domain/schedules.js';
import type { Trained, TrainRlInput } from './contract.js';
import { parseJson, type LoadedDataSet } from './datasets.js';
import { specOf } from './engines.js';
import { refuseBadLosses, refuseBadStep } from './finite.js';
import { breathe, heartbeat } from './heartbeat.js';
import { collate, type Sequence } from './packs.js';
import type { ObjectStore } from './ports.js';
import { readRollouts, toSequence, type LiveRollout } from './rollouts.js';
import type { ScoredRecords } from './score-groups.js';
import { stopwatch } from './stopwatch.js';
import type { TrainDeps } from './train-supervised.js';

/** A rollout that carries signal. */
interface Sample {
  readonly sequence: Sequence;
  readonly rollout: LiveRollout;
  readonly advantage: number;
}

/**
 * One GRPO step over all scored shards of a step: on-policy, one optimizer step, then one commit.
 *
 * Denominator of the loss: the tokens that the policy chose, over all rollouts that carry signal (token mean).
 * Rollouts are grouped by length and cut into micro-batches in their order, so the order of every sum is fixed.
 */
export function createTrainRl(deps: TrainDeps): (input: TrainRlInput) => Promise<Trained> {
  return async (input) => {
    const { at, stage } = input;
    const version = { stage: at.stage, step: at.step + 1 };
    const done = await deps.checkpoints.committed(at.run, version);
    if (done) return done;
    const time = stopwatch();
    const spec = specOf(input.policy);
    const data = await deps.dataSets.load(input.data);
    const samples = (await Promise.all(input.scored.map((ref) => readSamples(deps.store, data, ref)))).flat();
    const loaded = await deps.checkpoints.load(spec, input.checkpoint);
    let state = at.step === 0 ? { weights: loaded.weights, optimizer: freshOptimizer(spec) } : loaded;
    const reference = await deps.checkpoints.weights(spec, input.reference);
    time.mark('loading');
    const engine = deps.engines.get(input.policy, input.compute);
    const tokens = samples.reduce((sum, { sequence }) => sum + ones(sequence), 0);
    const metrics: Record<string, number> = {
      policyLoss: 0,
      kl: 0,
      clipped: 0,
      largestLogRatio: 0,
      trained: samples.length,
    };
    if (samples.length > 0) {
      let gradients = engine.zeroGradients();
      for (const part of microBatches(samples, input.compute.microBatch)) {
        const batch = await grpoBatch(engine, reference, data, part, input.compute.microBatch, tokens);
        const out = await engine.grpo(state.weights, gradients, batch, stage.objective);
        gradients = out.gradients;
        for (const name of ['policyLoss', 'kl', 'clipped'] as const) metrics[name]! += out.stats[name]!;
        metrics['largestLogRatio'] = Math.max(metrics['largestLogRatio']!, out.stats['largestLogRatio']!);
        heartbeat({ doing: `${at.stage} · step ${at.step + 1}` });
        await breathe();
      }
      const rates = ratesAt(at.step, stage.steps, stage.optimizer);
      const now = { stage: at.stage, step: at.step, losses: metrics, gradients, weights: state.weights };
      refuseBadLosses(now);
      const stepped = await engine.optimizerStep(state, gradients, stage.optimizer, rates);
      refuseBadStep(now, stepped);
      state = stepped.state;
      Object.assign(metrics, { gradNorm: stepped.gradNorm, lr: rates.lr });
    }
    time.mark('training');
    const checkpoint = await deps.checkpoints.save(at.run, spec, state, {
      version,
      metrics,
      timeMs: time.marks,
    });
    time.mark('storing');
    return { checkpoint, metrics, timeMs: { ...time.marks } };
  };
}

async function readSamples(
  store: ObjectStore,
  data: LoadedDataSet,
  ref: TrainRlInput['scored'][number],
): Promise<readonly Sample[]> {
  const records = parseJson<ScoredRecords>(await store.get(ref));
  const rollouts = await readRollouts(store, records, records.turns, records.observations);
  return rollouts.flatMap((rollout, row) => {
    const group = records.advantages[Math.floor(row / records.groupSize)];
    const advantage = group?.[row % records.groupSize];
    if (advantage === undefined) return [];
    return [{ sequence: toSequence(data, rollout), rollout, advantage: fromJson(advantage) }];
  });
}

/** JSON writes what is not finite as null. It must not come back as a harmless 0. */
function fromJson(value: number | null): number {
  return value ?? Number.NaN;
}

/** Samples of one length together, in their order, `size` at a time. */
function microBatches(samples: readonly Sample[], size: number): readonly (readonly Sample[])[] {
  const lengths = [...new Set(samples.map(({ rollout }) => rollout.turns.length))].sort((a, b) => a - b);
  return lengths.flatMap((length) => {
    const bucket = samples.filter(({ rollout }) => rollout.turns.length === length);
    return Array.from({ length: Math.ceil(bucket.length / size) }, (_, i) =>
      bucket.slice(i * size, (i + 1) * size),
    );
  });
}

async function grpoBatch(
  engine: EmbeddedEngine,
  reference: ReadonlyMap<string, Float32Array>,
  data: LoadedDataSet,
  samples: readonly Sample[],
  batch: number,
  tokens: number,
): Promise<GrpoBatch> {
  const looks = samples[0]!.rollout.turns.length - 1;
  const base = collate(
    data,
    samples.map(({ sequence }) => sequence),
    batch,
    looks,
  );
  const size = batch * (looks + 1) * SLOT;
  const weights = new Float32Array(size);
  const advantages = new Float32Array(size);
  const oldLogProbs = new Float32Array(size);
  samples.forEach(({ sequence, rollout, advantage }, i) =>
    sequence.masks.forEach((mask, t) =>
      mask.forEach((on, j) => {
        const at = (i * (looks + 1) + t) * SLOT + j;
        weights[at] = on / tokens;
        advantages[at] = on * advantage;
        oldLogProbs[at] = fromJson(rollout.turns[t]!.logProbs[j]!);
      }),
    ),
  );
  return {
    ...base,
    weights,
    advantages,
    oldLogProbs,
    referenceLogProbs: await engine.logProbs(reference, base),
  };
}

function ones(sequence: Sequence): number {
  return sequence.masks.flat().reduce<number>((sum, on) => sum + on, 0);
}
