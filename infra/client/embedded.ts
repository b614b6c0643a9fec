import type { EmbeddedPolicy, PolicyConfig } from '../../domain/curriculum.js';
import { UserError } from '../../domain/failures.js';

/** A policy of the embedded engine; `what` needs one. Throws a UserError for another engine's. */
export function embeddedPolicy(policy: PolicyConfig, what: string): EmbeddedPolicy {
  if (policy.engine !== 'torch') return policy;
  throw new UserError(
    `${what} needs a policy of the embedded engine, and this run's is a model of the ${policy.engine} engine`,
    'ruminate export RUN --out DIR writes a folder for the programs that serve such models, and its README.md says how',
  );
}
