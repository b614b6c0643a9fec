import type { PolicyConfig } from './curriculum.js';

/** What a Python is wanted for; each has an environment of its own, because their packages pin others of each other's. */
export type PythonPurpose = 'torch-engine' | 'vllm';

/** The Pythons that a policy computes with: their packages shape its bytes. */
export function pythonsOf(policy: PolicyConfig): readonly PythonPurpose[] {
  if (policy.engine !== 'torch') return [];
  return policy.sampler === undefined ? ['torch-engine'] : ['torch-engine', 'vllm'];
}
