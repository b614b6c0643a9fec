import {
  BugFailure,
  DataFailure,
  InfrastructureFailure,
  MemoryFailure,
  UserError,
} from '../../domain/failures.js';
import type { Failure } from './schema.js';

/** What the Python process said went wrong, as the failure of domain/failures.ts that it is. */
export function toFailure({ kind, message, hint }: Failure): Error {
  const told = hint === null ? message : `${message}; ${hint}`;
  switch (kind) {
    case 'user':
      return new UserError(message, hint ?? undefined);
    case 'memory':
      return new MemoryFailure(message, hint ?? 'free memory on the machine');
    case 'data':
      return new DataFailure(told);
    case 'infrastructure':
      return new InfrastructureFailure(told);
    case 'cancelled':
      return new InfrastructureFailure('the torch engine stopped a request that nobody cancelled');
    case 'bug':
      return new BugFailure(told);
    default:
      return kind satisfies never;
  }
}
