import { ratesAt } from '../../../domain/schedules.js';
import type { EmbeddedEngine, Gradients } from '../../../engine/embedded-engine.js';
import { freshOptimizer, type PolicyState } from '../../../engine/policy/state.js';
import {
  BATCHES,
  COMPARED_AFTER,
  OBJECTIVE,
  OPTIMIZER,
  parityBatch,
  parityWeights,
  SPEC,
  STEPS,
  type ParityBatch,
} from './inputs.js';

/** One side's numbers, by the names that `golden/make.py` writes. */
export type Numbers = ReadonlyMap<string, Float32Array>;

export const OBJECTIVES = ['plain', 'dense', 'grpo'] as const;
export type Objective = (typeof OBJECTIVES)[number];

/** Old and reference log-probabilities of a batch, which PyTorch has made: both sides are given the same. */
export type LogProbsOf = (batch: number, name: 'oldLogProbs' | 'referenceLogProbs') => Float32Array;

/** Losses, gradients and trained weights of the engine, under one objective. */
export async function ours(
  engine: EmbeddedEngine,
  objective: Objective,
  logProbsOf: LogProbsOf,
): Promise<Numbers> {
  const batches = Array.from({ length: BATCHES }, (_, index) => parityBatch(index));
  const numbers = new Map<string, Float32Array>();
  const gradNorms = new Float32Array(STEPS);
  let state: PolicyState = { weights: parityWeights(), optimizer: freshOptimizer(SPEC) };
  for (let step = 0; step < STEPS; step++) {
    const index = step % BATCHES;
    const given = batches[index]!;
    const { gradients, stats } = await differentiate(engine, objective, state, given, (name) =>
      logProbsOf(index, name),
    );
    if (step === 0) {
      for (const [name, data] of gradients) numbers.set(`${objective}/grad/${name}`, data);
      for (const [name, value] of Object.entries(stats))
        numbers.set(`${objective}/loss/${name}`, Float32Array.of(value));
    }
    const rates = ratesAt(step, STEPS, OPTIMIZER);
    const stepped = await engine.optimizerStep(state, gradients, OPTIMIZER, rates);
    state = stepped.state;
    gradNorms[step] = stepped.gradNorm;
    if (COMPARED_AFTER.includes(step + 1))
      for (const [name, data] of state.weights) numbers.set(`${objective}/after${step + 1}/${name}`, data);
  }
  return numbers.set(`${objective}/gradNorms`, gradNorms);
}

function differentiate(
  engine: EmbeddedEngine,
  objective: Objective,
  { weights }: PolicyState,
  batch: ParityBatch,
  logProbs: (name: 'oldLogProbs' | 'referenceLogProbs') => Float32Array,
): Promise<{ gradients: Gradients; stats: Readonly<Record<string, number>> }> {
  const zeros = engine.zeroGradients();
  switch (objective) {
    case 'plain':
      return engine.supervised(weights, zeros, { ...batch, dense: null, glance: true });
    case 'dense':
      return engine.supervised(weights, zeros, { ...batch, glance: true });
    case 'grpo': {
      const [oldLogProbs, referenceLogProbs] = [logProbs('oldLogProbs'), logProbs('referenceLogProbs')];
      return engine.grpo(weights, zeros, { ...batch, oldLogProbs, referenceLogProbs }, OBJECTIVE);
    }
    default:
      return objective satisfies never;
  }
}
