import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';

import type { HashedFile, ObjectStore } from '../../activities/ports.js';
import { DataFailure } from '../../domain/failures.js';
import type { Ref, RefKind } from '../../domain/refs.js';

/** An ObjectStore in a Map, for unit tests: the same contract suite passes on it and on MinIO. */
export class MemoryStore implements ObjectStore {
  readonly objects = new Map<string, Uint8Array>();
  readonly #bucket: string;

  constructor(bucket = 'memory') {
    this.#bucket = bucket;
  }

  put(key: string, body: Uint8Array, kind: RefKind): Promise<Ref> {
    this.objects.set(key, new Uint8Array(body));
    return Promise.resolve(this.#ref(key, body, kind));
  }

  putIfAbsent(key: string, body: Uint8Array, kind: RefKind): Promise<{ won: boolean; ref: Ref }> {
    const existing = this.objects.get(key);
    if (existing !== undefined) {
      return Promise.resolve({ won: false, ref: this.#ref(key, existing, kind) });
    }
    this.objects.set(key, new Uint8Array(body));
    return Promise.resolve({ won: true, ref: this.#ref(key, body, kind) });
  }

  get(ref: Ref): Promise<Uint8Array> {
    const body = this.objects.get(ref.uri.slice(`s3://${this.#bucket}/`.length));
    if (body === undefined) return Promise.reject(new DataFailure(`get ${ref.uri}: there is no such object`));
    if (sha256(body) !== ref.sha256) {
      return Promise.reject(
        new DataFailure(`get ${ref.uri}: expected sha256 ${ref.sha256}, got ${sha256(body)}`),
      );
    }
    return Promise.resolve(new Uint8Array(body));
  }

  async putFile(key: string, file: HashedFile, kind: RefKind): Promise<Ref> {
    const body = await readFile(file.path);
    if (sha256(body) === file.sha256) return this.put(key, body, kind);
    throw new DataFailure(`put ${key}: expected sha256 ${file.sha256} of ${file.path}, got ${sha256(body)}`);
  }

  async getFile(ref: Ref, path: string): Promise<void> {
    await writeFile(`${path}.half`, await this.get(ref));
    await rename(`${path}.half`, path);
  }

  async verify(ref: Ref): Promise<void> {
    await this.get(ref);
  }

  head(key: string, kind: RefKind): Promise<Ref | null> {
    const body = this.objects.get(key);
    return Promise.resolve(body === undefined ? null : this.#ref(key, body, kind));
  }

  list(prefix: string): Promise<readonly string[]> {
    return Promise.resolve([...this.objects.keys()].filter((key) => key.startsWith(prefix)).sort());
  }

  delete(key: string): Promise<void> {
    this.objects.delete(key);
    return Promise.resolve();
  }

  #ref(key: string, body: Uint8Array, kind: RefKind): Ref {
    return { uri: `s3://${this.#bucket}/${key}`, sha256: sha256(body), bytes: body.length, kind };
  }
}

function sha256(body: Uint8Array): string {
  return createHash('sha256').update(body).digest('hex');
}
