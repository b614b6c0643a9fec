import type { CallFailure } from './failures.js';
import type { Lease } from './pool.js';

/** Leaves out a parameter that the endpoint refuses, and says whether that is worth another call at once. */
export function adapts(lease: Lease, { parameter }: CallFailure): boolean {
  if (parameter === null || parameter.startsWith('tool') || lease.refused.has(parameter)) return false;
  lease.refused.add(parameter);
  lease.abandon();
  return true;
}
