import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';

import type { Client } from 'minio';

import type { HashedFile } from '../../activities/ports.js';
import { DataFailure, InfrastructureFailure } from '../../domain/failures.js';
import { storageFailure } from './failures.js';

/** What of a file is in memory at a time. S3 takes 10 000 parts of an object: 640 GB of this size. */
export const PART_BYTES = 64_000_000;

/** Where a file goes. */
interface Target {
  readonly bucket: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Address, for messages. */
  readonly server: string;
}

/**
 * Puts a file as one object through a multipart upload, which is of one attempt alone: the client's own `putObject`
 * takes up whatever upload of the same key it finds unfinished, under its metadata, and counts parts wrongly then
 * (minio 8.0.7). The server checks each part against the SHA-256 that signs its request; we check its MD5 of what it
 * stored. The object is there once all parts are and the file has shown to have the SHA-256 that was said.
 * @returns bytes of the file
 */
export async function putInParts(client: Client, target: Target, file: HashedFile): Promise<number> {
  const { bucket, key, headers, server } = target;
  const asked = async <T>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (error) {
      throw storageFailure(error, `put ${key}`, server);
    }
  };
  const uploadID = await asked(client.initiateNewMultipartUpload(bucket, key, headers));
  try {
    const hash = createHash('sha256');
    const stored: { part: number; etag: string }[] = [];
    let bytes = 0;
    for await (const body of partsOf(file.path)) {
      hash.update(body);
      bytes += body.length;
      const part = stored.length + 1;
      const place = { bucketName: bucket, objectName: key, uploadID, partNumber: part, headers: {} };
      const { etag } = await asked(client.uploadPart(place, body));
      const md5 = createHash('md5').update(body).digest('hex');
      if (etag !== md5)
        throw new InfrastructureFailure(
          `put ${key}: sent part ${part} with MD5 ${md5}, the server stored ${etag}`,
        );
      stored.push({ part, etag });
    }
    const sha256 = hash.digest('hex');
    if (sha256 !== file.sha256) throw wrongFile(key, file, sha256);
    await asked(client.completeMultipartUpload(bucket, key, uploadID, stored));
    return bytes;
  } catch (error) {
    // What cannot be aborted now, nor by a process that was killed, MinIO drops by itself after a day.
    await client.abortMultipartUpload(bucket, key, uploadID).catch(() => undefined);
    throw error;
  }
}

/** The failure of a file that is not what was said of it. */
export function wrongFile(key: string, { path, sha256 }: HashedFile, got: string): DataFailure {
  return new DataFailure(`put ${key}: expected sha256 ${sha256} of ${path}, got ${got}`);
}

/** A file in parts of `PART_BYTES`, the last one shorter. Each is overwritten by the next. */
async function* partsOf(path: string): AsyncGenerator<Buffer, void> {
  const file = await open(path);
  try {
    const part = Buffer.allocUnsafe(PART_BYTES);
    for (;;) {
      const length = await fill(part, (at) => file.read(part, at, PART_BYTES - at, null));
      if (length > 0) yield part.subarray(0, length);
      if (length < PART_BYTES) return;
    }
  } finally {
    await file.close();
  }
}

/** Reads until the buffer is full or the file ends: one read may bring less than was asked for. */
async function fill(
  { length }: Buffer,
  read: (at: number) => Promise<{ readonly bytesRead: number }>,
): Promise<number> {
  let at = 0;
  while (at < length) {
    const { bytesRead } = await read(at);
    if (bytesRead === 0) break;
    at += bytesRead;
  }
  return at;
}
