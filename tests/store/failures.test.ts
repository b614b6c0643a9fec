import { describe, expect, it } from 'vitest';

import { classify } from '../../domain/failures.js';
import { storageFailure } from '../../infra/store/failures.js';

/** Code and message as the S3 client gives them. */
const failure = (code: string, message = code): Error =>
  storageFailure(Object.assign(new Error(message), { code }), 'put a/b', '127.0.0.1:9000');

describe('a failure of the object store', () => {
  it.each([
    ['ECONNREFUSED', 'infrastructure', /is MinIO running/],
    ['ECONNRESET', 'infrastructure', /127\.0\.0\.1:9000 says/],
    ['XMinioStorageFull', 'infrastructure', /disk of the object store .* is full/],
    ['SlowDown', 'infrastructure', /SlowDown/],
    ['NoSuchKey', 'data', /no such object/],
    ['NoSuchBucket', 'user', /bucket does not exist/],
    ['SignatureDoesNotMatch', 'user', /refuses the credentials/],
  ] as const)('%s is of kind %s and says why', (code, kind, message) => {
    const error = failure(code);
    expect(classify(error)).toBe(kind);
    expect(error.message).toMatch(/^put a\/b: /);
    expect(error.message).toMatch(message);
    expect(error.cause).toBeInstanceOf(Error);
  });

  it('is a full disk also where MinIO calls it an internal error', () => {
    expect(failure('InternalError', 'cause(no space left on device)').message).toContain('is full');
  });
});
