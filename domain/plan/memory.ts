import type { TorchPolicy } from '../curriculum.js';

/** What the weights of a torch policy need, in bytes (docs/torch.md): nothing that depends on lengths is in it. */
export interface WeightMemory {
  /** Weights that do not train, in the dtype of the policy. */
  readonly frozen: number;
  /** Weights that train, in float32. */
  readonly trained: number;
  /** Two moments for each weight that trains; held by the process that trains alone, as are gradients. */
  readonly moments: number;
  /** Of weights that train. */
  readonly gradients: number;
  /** Process that trains, and process that samples: each holds a model of its own. */
  readonly trainer: number;
  readonly sampler: number;
}

const FLOAT32 = 4;

export function weightMemory(
  { adapter, dtype }: Pick<TorchPolicy, 'adapter' | 'dtype'>,
  parameters: number,
  trainable: number,
): WeightMemory {
  const frozen = adapter.type === 'full' ? 0 : parameters * (dtype === 'bf16' ? 2 : FLOAT32);
  const trained = trainable * FLOAT32;
  const [moments, gradients] = [2 * trained, trained];
  const sampler = frozen + trained;
  const trainer = sampler + moments + gradients;
  return { frozen, trained, moments, gradients, trainer, sampler };
}

/** Bytes of a checkpoint: weights that train and their two moments, in float32. */
export function checkpointBytes(trainable: number): number {
  return 3 * FLOAT32 * trainable;
}
