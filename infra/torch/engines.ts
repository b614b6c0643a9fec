import type { PolicyEngine } from '../../activities/policy-engine.js';
import type { TokenModels } from '../../activities/torch/models.js';
import type { TokenStates } from '../../activities/torch/states.js';
import type { AnswerSpec } from '../../domain/conversation/spec.js';
import { BugFailure } from '../../domain/failures.js';
import { TorchPolicyEngine, type Speaker } from './policy-engine.js';

/** Engines of models in Python processes of this worker's, which its other activities use too. */
export function localEngines(
  models: Pick<TokenModels, 'use'>,
  states: Pick<TokenStates, 'file'>,
): (spec: AnswerSpec) => Promise<PolicyEngine> {
  return async ({ engine }) => {
    if (engine.type !== 'torch') throw new BugFailure(`expected a torch model, got one of ${engine.type}`);
    // Between two messages nobody needs it: a conversation is told whole each time.
    const model: Speaker = {
      start: (options) => models.use(engine, engine, (lent) => lent.start(options)),
      sample: (request, options) => models.use(engine, engine, (lent) => lent.sample(request, options)),
    };
    const weights = engine.weights === null ? {} : { weights: await states.file(engine.weights) };
    return new TorchPolicyEngine(model, { model: engine.name, ...weights });
  };
}
