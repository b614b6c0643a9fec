import type { CheckpointRef } from '../../domain/refs.js';
import { torchPolicy } from './policy.js';
import type { StartPolicyInput } from '../contract.js';
import { cancellationSignal, heartbeat } from '../heartbeat.js';
import type { TokenModels } from './models.js';
import type { TokenStates } from './states.js';

/** The model before the first stage: what its folder holds, with fresh adapters where it has any. */
export function createTorchStartPolicy({
  models,
  states,
}: {
  readonly models: TokenModels;
  readonly states: TokenStates;
}): (input: StartPolicyInput) => Promise<CheckpointRef> {
  return async ({ run, policy, compute }) => {
    const version = { stage: 'base', step: 0 };
    const done = await states.committed(run, version);
    if (done) return done.checkpoint;
    heartbeat({ doing: 'loading the model' });
    const options = { signal: cancellationSignal(), onProgress: heartbeat };
    return models.use(
      torchPolicy(policy),
      compute,
      (model) => states.save(run, model, { version, metrics: {}, timeMs: {} }, options),
      // A process at hand may hold what another run has trained.
      { fresh: true },
    );
  };
}
