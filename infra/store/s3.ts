import { createHash, randomUUID } from 'node:crypto';
import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { Agent } from 'node:http';
import type { Readable } from 'node:stream';

import { Client } from 'minio';

import type { HashedFile, ObjectStore } from '../../activities/ports.js';
import { DataFailure, InfrastructureFailure } from '../../domain/failures.js';
import type { Ref, RefKind } from '../../domain/refs.js';
import { isMissing, isPreconditionFailed, storageFailure } from './failures.js';
import { checkKey, objectUri, parseObjectUri } from './keys.js';
import { PART_BYTES, putInParts, wrongFile } from './multipart.js';
import { plainTransport } from './transport.js';

export interface S3Options {
  /** Host, without port or scheme. */
  readonly endpoint: string;
  readonly port: number;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly bucket: string;
}

/**
 * An ObjectStore over one bucket of an S3 server. Every object carries the SHA-256 of its bytes as metadata.
 * Bodies go in one request each (up to 5 GiB), so that a conditional put covers all of it; files part by part.
 */
export function s3Store(options: S3Options): ObjectStore {
  return new S3Store(options);
}

/** Lower-case hex. */
export function sha256Hex(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

const GIBIBYTE = 1024 ** 3;

class S3Store implements ObjectStore {
  readonly #client: Client;
  readonly #bucket: string;
  readonly #server: string;

  constructor(options: S3Options) {
    this.#bucket = options.bucket;
    this.#server = `${options.endpoint}:${options.port}`;
    this.#client = new Client({
      endPoint: options.endpoint,
      port: options.port,
      useSSL: false,
      accessKey: options.accessKey,
      secretKey: options.secretKey,
      // Said here, so that the client does not ask the server for it before the first call.
      region: 'us-east-1',
      partSize: 5 * GIBIBYTE,
      transportAgent: new Agent({ keepAlive: true, maxSockets: 32 }),
      transport: plainTransport,
      // Whoever called retries, and says so; the client would do it in silence.
      retryOptions: { disableRetry: true },
    });
  }

  async put(key: string, body: Uint8Array, kind: RefKind): Promise<Ref> {
    checkKey(key);
    return this.#send(key, body, kind, {});
  }

  async putIfAbsent(key: string, body: Uint8Array, kind: RefKind): Promise<{ won: boolean; ref: Ref }> {
    checkKey(key);
    try {
      return { won: true, ref: await this.#send(key, body, kind, { 'If-None-Match': '*' }) };
    } catch (error) {
      if (!(error instanceof Error) || !isPreconditionFailed(error.cause)) throw error;
    }
    const ref = await this.head(key, kind);
    if (ref !== null) return { won: false, ref };
    throw new InfrastructureFailure(`put ${key} if absent: it was there a moment ago, and now it is not`);
  }

  async get(ref: Ref): Promise<Uint8Array> {
    const chunks: Buffer[] = [];
    for await (const chunk of this.#checked(ref)) chunks.push(chunk);
    return Buffer.concat(chunks);
  }

  async putFile(key: string, file: HashedFile, kind: RefKind): Promise<Ref> {
    checkKey(key);
    if ((await stat(file.path)).size <= PART_BYTES) {
      const body = await readFile(file.path);
      const sha256 = sha256Hex(body);
      if (sha256 !== file.sha256) throw wrongFile(key, file, sha256);
      return this.#send(key, body, kind, {});
    }
    const headers = { 'x-amz-meta-sha256': file.sha256, 'Content-Type': contentType(key) };
    const target = { bucket: this.#bucket, key, headers, server: this.#server };
    const bytes = await putInParts(this.#client, target, file);
    return { uri: objectUri({ bucket: this.#bucket, key }), sha256: file.sha256, bytes, kind };
  }

  async getFile(ref: Ref, path: string): Promise<void> {
    const half = `${path}.${randomUUID()}.half`;
    try {
      await writeFile(half, this.#checked(ref));
      await rename(half, path);
    } catch (error) {
      await rm(half, { force: true });
      throw error;
    }
  }

  async verify(ref: Ref): Promise<void> {
    for await (const chunk of this.#checked(ref)) void chunk;
  }

  async head(key: string, kind: RefKind): Promise<Ref | null> {
    checkKey(key);
    let stat;
    try {
      stat = await this.#client.statObject(this.#bucket, key);
    } catch (error) {
      if (isMissing(error)) return null;
      throw storageFailure(error, `look at ${key}`, this.#server);
    }
    const known: unknown = stat.metaData['sha256'];
    const sha256 =
      typeof known === 'string' && /^[0-9a-f]{64}$/.test(known) ? known : await this.#hash(this.#bucket, key);
    return { uri: objectUri({ bucket: this.#bucket, key }), sha256, bytes: stat.size, kind };
  }

  /** Keys in the order of their bytes, whole (not only the first page). */
  async list(prefix: string): Promise<readonly string[]> {
    const keys: string[] = [];
    const stream: Readable = this.#client.listObjectsV2(this.#bucket, prefix, true);
    try {
      for await (const item of stream) {
        const key = nameOf(item);
        if (key !== null) keys.push(key);
      }
    } catch (error) {
      throw storageFailure(error, `list ${prefix}`, this.#server);
    }
    return keys;
  }

  async delete(key: string): Promise<void> {
    checkKey(key);
    try {
      await this.#client.removeObject(this.#bucket, key);
    } catch (error) {
      throw storageFailure(error, `delete ${key}`, this.#server);
    }
  }

  /** The server checks the body against the SHA-256 that signs the request; we check its MD5 of what it stored. */
  async #send(
    key: string,
    body: Uint8Array,
    kind: RefKind,
    condition: Readonly<Record<string, string>>,
  ): Promise<Ref> {
    const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
    const sha256 = sha256Hex(bytes);
    let etag: string;
    try {
      const headers = { ...condition, sha256, 'Content-Type': contentType(key) };
      ({ etag } = await this.#client.putObject(this.#bucket, key, bytes, bytes.length, headers));
    } catch (error) {
      throw storageFailure(error, `put ${key}`, this.#server);
    }
    const md5 = createHash('md5').update(bytes).digest('hex');
    if (etag !== md5) {
      throw new InfrastructureFailure(`put ${key}: sent bytes with MD5 ${md5}, the server stored ${etag}`);
    }
    return { uri: objectUri({ bucket: this.#bucket, key }), sha256, bytes: bytes.length, kind };
  }

  /** The bytes behind a ref as they come. Ends in a DataFailure where their SHA-256 is another. */
  async *#checked(ref: Ref): AsyncGenerator<Buffer, void> {
    const { bucket, key } = parseObjectUri(ref.uri);
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of this.#read(bucket, key)) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
    const sha256 = hash.digest('hex');
    if (sha256 === ref.sha256) return;
    throw new DataFailure(
      `get ${ref.uri}: expected ${ref.bytes} bytes with sha256 ${ref.sha256}, got ${bytes} bytes with ${sha256}`,
    );
  }

  async #hash(bucket: string, key: string): Promise<string> {
    const hash = createHash('sha256');
    for await (const chunk of this.#read(bucket, key)) hash.update(chunk);
    return hash.digest('hex');
  }

  async *#read(bucket: string, key: string): AsyncGenerator<Buffer, void> {
    try {
      const stream = await this.#client.getObject(bucket, key);
      for await (const chunk of stream) if (Buffer.isBuffer(chunk)) yield chunk;
    } catch (error) {
      throw storageFailure(error, `get ${objectUri({ bucket, key })}`, this.#server);
    }
  }
}

/** So that a person who opens the bucket in MinIO's console can look at what is readable. */
function contentType(key: string): string {
  if (key.endsWith('.json')) return 'application/json';
  if (key.endsWith('.jsonl')) return 'application/x-ndjson';
  if (key.endsWith('.html')) return 'text/html; charset=utf-8';
  return 'application/octet-stream';
}

function nameOf(item: unknown): string | null {
  if (typeof item !== 'object' || item === null || !('name' in item)) return null;
  return typeof item.name === 'string' ? item.name : null;
}
