import { createHash, randomBytes } from 'node:crypto';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

import { Client } from 'minio';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { classify, DataFailure, InfrastructureFailure, UserError } from '../../domain/failures.js';
import { NotFound } from '../../infra/store/failures.js';
import { cachedStore } from '../../infra/store/local-cache.js';
import { commitWithManifest, readManifest } from '../../infra/store/manifest.js';
import { PART_BYTES } from '../../infra/store/multipart.js';
import { s3Store } from '../../infra/store/s3.js';
import { objectStoreContract } from '../contracts/object-store.js';
import { startMinio, type TestMinio } from '../support/minio.js';

let minio: TestMinio;
beforeAll(async () => {
  minio = await startMinio();
}, 60_000);
afterAll(() => minio.stop());

objectStoreContract('MinIO', () => s3Store(minio.s3));
objectStoreContract('MinIO behind a cache', () => cachedStoreWithoutStaleRefs());

/** With room for nothing the cache may only pass through. */
function cachedStoreWithoutStaleRefs(): ReturnType<typeof cachedStore> {
  return cachedStore(s3Store(minio.s3), 0);
}

describe('the store over MinIO', () => {
  it('hashes an object that somebody else put, without our metadata', async () => {
    const client = rawClient(minio);
    await client.putObject(minio.s3.bucket, 'foreign/file', 'hello');
    const ref = await s3Store(minio.s3).head('foreign/file', 'dataset');
    expect(ref?.sha256).toBe('2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824');
  });

  it('keeps 40 MB as one object, conditional put included', async () => {
    const store = s3Store(minio.s3);
    const body = randomBytes(40 * 1024 * 1024);
    const { won, ref } = await store.putIfAbsent('big/weights', body, 'weights');
    expect(won).toBe(true);
    expect(Buffer.compare(await store.get(ref), body)).toBe(0);
  });

  it('lists more keys than a page of the server holds', async () => {
    const store = s3Store(minio.s3);
    const keys = Array.from({ length: 1_100 }, (_, index) => `many/${String(index).padStart(4, '0')}`);
    for (let at = 0; at < keys.length; at += 100) {
      await Promise.all(keys.slice(at, at + 100).map((key) => store.put(key, Buffer.from('x'), 'turn')));
    }
    expect(await store.list('many/')).toEqual(keys);
  });

  it('calls a ref to nothing NotFound, which no retry can mend', async () => {
    const ref = {
      uri: `s3://${minio.s3.bucket}/no/such`,
      sha256: '0'.repeat(64),
      bytes: 1,
      kind: 'turn',
    } as const;
    const error: unknown = await s3Store(minio.s3)
      .get(ref)
      .catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(NotFound);
    expect(classify(error)).toBe('data');
  });

  it('calls a server that does not answer an infrastructure failure, with its address', async () => {
    const store = s3Store({ ...minio.s3, port: 1 });
    await expect(store.put('a/b', Buffer.from('x'), 'turn')).rejects.toThrow(InfrastructureFailure);
    await expect(store.head('a/b', 'turn')).rejects.toThrow(/127\.0\.0\.1:1; is MinIO running/);
    await expect(store.list('a/')).rejects.toThrow(InfrastructureFailure);
  });

  it('calls wrong credentials and the bucket of another home a mistake of the user', async () => {
    const wrongKey = s3Store({ ...minio.s3, secretKey: 'not-the-secret' });
    await expect(wrongKey.put('a/b', Buffer.from('x'), 'turn')).rejects.toThrow(UserError);
    const elsewhere = s3Store({ ...minio.s3, bucket: 'another-home' });
    await expect(elsewhere.put('a/b', Buffer.from('x'), 'turn')).rejects.toThrow(/bucket does not exist/);
  });

  it('works again, with the same objects, after its server was killed', async () => {
    const store = s3Store(minio.s3);
    const ref = await store.put('durable/x', Buffer.from('kept'), 'turn');
    const pid = minio.pid();
    if (pid === null) throw new Error('no server to kill');
    process.kill(pid, 'SIGKILL');
    const answer = async (): Promise<string> => {
      for (;;) {
        try {
          return Buffer.from(await store.get(ref)).toString();
        } catch (error) {
          expect(classify(error)).toBe('infrastructure');
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      }
    };
    expect(await answer()).toBe('kept');
  });
});

describe('a commit over MinIO', () => {
  it('has one winner among 8 that race with different bytes, and all return its parts', async () => {
    const store = s3Store(minio.s3);
    const commits = await Promise.all(
      Array.from({ length: 8 }, (_, writer) =>
        commitWithManifest(
          store,
          'race/step-1',
          [{ name: 'weights.safetensors', body: Buffer.from(`weights of ${writer}`), kind: 'weights' }],
          { writer },
        ),
      ),
    );
    expect(commits.filter(({ won }) => won)).toHaveLength(1);
    const winner = commits.findIndex(({ won }) => won);
    for (const commit of commits) {
      expect(commit.extra).toEqual({ writer: winner });
      const weights = commit.parts['weights.safetensors'];
      if (weights === undefined) throw new Error('no weights in the commit');
      expect(Buffer.from(await store.get(weights)).toString()).toBe(`weights of ${winner}`);
    }
    expect((await readManifest(store, 'race/step-1'))?.manifest).toEqual(commits[0]?.manifest);
  });
});

describe('a file larger than a part', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ruminate-large-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('is refused whole when it is not what was said of it, and leaves no upload behind', async () => {
    const store = s3Store(minio.s3);
    const ref = await store.put('large/file', Buffer.from('old'), 'weights');
    const path = join(folder, 'file');
    await sparse(path, PART_BYTES + 1);
    const file = { path, sha256: ref.sha256 };
    await expect(store.putFile('large/file', file, 'weights')).rejects.toThrow(DataFailure);
    expect(await store.head('large/file', 'weights')).toEqual(ref);
    const left: unknown[] = await rawClient(minio)
      .listIncompleteUploads(minio.s3.bucket, 'large/file', true)
      .toArray();
    expect(left).toEqual([]);
  });

  it(
    'is committed and fetched, a part of it in memory at a time',
    async () => {
      const store = cachedStore(s3Store(minio.s3), 1_024 * MEBIBYTE);
      const file = join(folder, 'moments');
      await sparse(file, LARGE_BYTES);
      const sha256 = await sha256Of(file);
      const memory = watchMemory();
      const parts = [{ name: 'moments.safetensors', file, sha256, kind: 'optimizer' }] as const;
      const began = performance.now();
      const commit = await commitWithManifest(store, 'large/step-1', parts);
      const committed = performance.now();
      const ref = commit.parts['moments.safetensors'];
      expect(ref).toEqual({
        uri: `s3://${minio.s3.bucket}/large/step-1/${sha256.slice(0, 16)}/moments.safetensors`,
        sha256,
        bytes: LARGE_BYTES,
        kind: 'optimizer',
      });
      expect(
        await store.head(`large/step-1/${sha256.slice(0, 16)}/moments.safetensors`, 'optimizer'),
      ).toEqual(ref);
      const fetched = join(folder, 'fetched');
      await store.getFile(ref!, fetched);
      const took = [committed - began, performance.now() - committed].map((ms) => (ms / 1000).toFixed(1));
      const added = memory.mostAdded();
      if (LARGE_MIB !== undefined)
        console.log(
          `committed in ${took[0]} s, fetched in ${took[1]} s, ${Math.round(added / MEBIBYTE)} MiB added`,
        );
      expect(added).toBeLessThan(192 * MEBIBYTE);
      expect(await sha256Of(fetched)).toBe(sha256);
    },
    10 * 60_000,
  );
});

/** With RUMINATE_LARGE_FILE_MIB a file of that size; otherwise one of five parts, the last one short. */
const LARGE_MIB = process.env['RUMINATE_LARGE_FILE_MIB'];
const MEBIBYTE = 1024 ** 2;
const LARGE_BYTES = LARGE_MIB === undefined ? 4 * PART_BYTES + 12_345 : Number(LARGE_MIB) * MEBIBYTE;

/** A file that takes no room of the disk but for its first and last bytes. */
async function sparse(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'w');
  await file.write('first');
  await file.write('last', bytes - 4);
  await file.close();
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

/** How much memory this process has come to hold beyond what it holds now, in bytes. */
function watchMemory(): { mostAdded(): number } {
  const before = process.memoryUsage.rss();
  let most = before;
  const timer = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 10);
  return {
    mostAdded() {
      clearInterval(timer);
      return most - before;
    },
  };
}

function rawClient({ s3 }: TestMinio): Client {
  const { endpoint, port, accessKey, secretKey } = s3;
  return new Client({ endPoint: endpoint, port, useSSL: false, accessKey, secretKey });
}
