import { DataFailure, InfrastructureFailure, UserError } from '../../domain/failures.js';

/** No object behind a ref or key. What was committed is gone, so another attempt cannot help. */
export class NotFound extends DataFailure {}

/** True for the answer to a conditional put that came second. */
export function isPreconditionFailed(error: unknown): boolean {
  return codeOf(error) === 'PreconditionFailed';
}

export function isMissing(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'NotFound' || code === 'NoSuchKey';
}

/**
 * Names what a storage call ran into.
 * @param doing what was tried, such as `put runs/a/x.json`
 * @param server address, for the message
 */
export function storageFailure(error: unknown, doing: string, server: string): Error {
  const code = isFullDisk(error) ? 'XMinioStorageFull' : (codeOf(error) ?? '');
  const options = { cause: error };
  switch (code) {
    case 'ECONNREFUSED':
      return new InfrastructureFailure(
        `${doing}: nobody answers at ${server}; is MinIO running? (ruminate status, ruminate up)`,
        options,
      );
    case 'XMinioStorageFull':
      return new InfrastructureFailure(
        `${doing}: the disk of the object store at ${server} is full; free some space, the work goes on by itself`,
        options,
      );
    case 'NotFound':
    case 'NoSuchKey':
      return new NotFound(`${doing}: there is no such object at ${server}`, options);
    case 'NoSuchBucket':
      return new UserError(
        `${doing}: its bucket does not exist at ${server}`,
        'Each RUMINATE_HOME has a bucket of its own: check that it is the one that this run was made in.',
        options,
      );
    case 'InvalidAccessKeyId':
    case 'SignatureDoesNotMatch':
    case 'AccessDenied':
      return new UserError(
        `${doing}: ${server} refuses the credentials of this home (${code})`,
        'Something else may listen on that port: see ruminate status, then ruminate down and ruminate up.',
        options,
      );
    default:
      return new InfrastructureFailure(`${doing}: ${server} says: ${messageOf(error)}`, options);
  }
}

/** While a disk fills up MinIO says so in its own words, once it knows it is full by a code. */
function isFullDisk(error: unknown): boolean {
  return error instanceof Error && /no space left on device|disk path full/i.test(error.message);
}

function codeOf(error: unknown): string | null {
  if (typeof error !== 'object' || error === null) return null;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return null;
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = codeOf(error);
  return code === null ? error.message : `${error.message || 'no message'} (${code})`;
}
