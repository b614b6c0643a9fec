import type { Command } from 'commander';
import type { AnswerSpec } from '../domain/conversation/spec.js';
import type { PolicyChoice, TrainedPolicy } from '../infra/client/policies.js';
import { refuseOptionsOf, refuseServedOptions, type ServedOptions } from './served-options.js';

export interface FoundPolicy {
  readonly policy: TrainedPolicy;
  /** How it is asked where the torch engine trained it; null for a policy of the embedded engine. */
  readonly spec: AnswerSpec | null;
}

/**
 * The policy of a run. Throws a UserError where an option was typed that it does not heed.
 * @param also options of the command itself that a policy of the embedded engine does not heed
 */
export async function findTrained(
  command: Command,
  choice: PolicyChoice,
  options: ServedOptions,
  also: readonly string[],
): Promise<FoundPolicy> {
  const { openHome } = await import('../infra/home/home.js');
  const { withSession } = await import('../infra/client/session.js');
  const { findPolicy } = await import('../infra/client/policies.js');
  const policy = await withSession(openHome(), (session) => findPolicy(session, choice));
  if (policy.policy.engine !== 'torch') {
    refuseServedOptions(command, also);
    return { policy, spec: null };
  }
  refuseOptionsOf(command, 'trained');
  const { trainedSpec } = await import('./local-spec.js');
  return { policy, spec: await trainedSpec(policy, policy.policy, options) };
}
