import type { PolicyConfig, TorchPolicy } from '../../domain/curriculum.js';
import { BugFailure } from '../../domain/failures.js';

/** Activities of the torch engine are not asked about others: whoever wires them sees to that. */
export function torchPolicy(policy: PolicyConfig): TorchPolicy {
  if (policy.engine === 'torch') return policy;
  throw new BugFailure(`expected a policy of engine torch, got ${policy.engine}`);
}
