import { freshOptimizer, freshWeights } from '../engine/policy/state.js';
import type { CheckpointRef } from '../domain/refs.js';
import type { StartPolicyInput } from './contract.js';
import { readWeights, type Checkpoints } from './checkpoints.js';
import { specOf } from './engines.js';
import type { ObjectStore } from './ports.js';

/** The policy before the first stage: fresh from the seed, or a base given as a file. */
export function createStartPolicy(deps: {
  readonly store: ObjectStore;
  readonly checkpoints: Checkpoints;
}): (input: StartPolicyInput) => Promise<CheckpointRef> {
  return async ({ run, seed, policy, baseWeights }) => {
    const version = { stage: 'base', step: 0 };
    const done = await deps.checkpoints.committed(run, version);
    if (done) return done.checkpoint;
    const spec = specOf(policy);
    const weights = baseWeights
      ? readWeights(spec, await deps.store.get(baseWeights), baseWeights.uri)
      : freshWeights(spec, seed);
    const state = { weights, optimizer: freshOptimizer(spec) };
    return deps.checkpoints.save(run, spec, state, { version, metrics: {}, timeMs: {} });
  };
}
