import { DataFailure } from '../../domain/failures.js';

/** Name of the object that makes a prefix exist: written last, and only once. */
export const MANIFEST_NAME = 'MANIFEST.json';

export interface Location {
  readonly bucket: string;
  readonly key: string;
}

/** `s3://bucket/key` as a ref carries it. */
export function objectUri({ bucket, key }: Location): string {
  return `s3://${bucket}/${key}`;
}

export function parseObjectUri(uri: string): Location {
  const match = /^s3:\/\/([^/]+)\/(.+)$/s.exec(uri);
  const [, bucket, key] = match ?? [];
  if (bucket === undefined || key === undefined) {
    throw new DataFailure(`expected the address of an object, s3://bucket/key, got "${uri}"`);
  }
  return { bucket, key };
}

/**
 * Joins the parts of a key with `/`. Keys are made of names a person chose (a run, a stage), so whatever an S3
 * server or a folder listing would read in its own way is refused here, once.
 */
export function joinKey(...parts: readonly string[]): string {
  const key = parts.join('/');
  checkKey(key);
  return key;
}

export function checkKey(key: string): void {
  const segments = key.split('/');
  const bad = segments.find((segment) => segment === '' || segment === '.' || segment === '..');
  if (bad !== undefined || key.length > 900 || hasControlCharacter(key)) {
    throw new DataFailure(
      `expected an object key such as run/stage/file (no empty part, no "." or "..", no leading "/"), got "${key}"`,
    );
  }
}

export function manifestKey(prefix: string): string {
  return joinKey(prefix, MANIFEST_NAME);
}

function hasControlCharacter(text: string): boolean {
  return [...text].some((character) => character < ' ' || character === '\u007f');
}
