import type { ComputeConfig, TorchPolicy } from '../curriculum.js';
import type { Ref } from '../refs.js';
import type { AnswerSpec, ChatSampling } from './spec.js';

/** How a trained policy of the torch engine is asked: as its rollouts were, by its own prompt, view and budget. */
export function specOfPolicy({
  name,
  policy,
  compute,
  weights,
  sampling,
}: {
  readonly name: string;
  readonly policy: TorchPolicy;
  readonly compute: Pick<ComputeConfig, 'device' | 'threads'>;
  readonly weights: Ref;
  readonly sampling: Omit<ChatSampling, 'maxTokens'>;
}): AnswerSpec {
  const { model, adapter, dtype, gradientCheckpointing, contextTokens } = policy;
  const { maxLooks, maxTokens, view, prompt } = policy;
  const { device, threads } = compute;
  return {
    engine: {
      ...{ type: 'torch', name, model, adapter, dtype, gradientCheckpointing, contextTokens },
      ...(policy.sampler === undefined ? {} : { sampler: policy.sampler }),
      ...{ device, threads, weights },
    },
    sampling: { ...sampling, maxTokens },
    // A call that was refused is a look too, as in a rollout.
    budget: { maxLooks, maxTurns: maxLooks + 1, maxTokens: Number.MAX_SAFE_INTEGER },
    view,
    prompt,
  };
}
