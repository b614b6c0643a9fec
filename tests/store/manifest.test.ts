import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import { DataFailure } from '../../domain/failures.js';
import { joinKey, parseObjectUri } from '../../infra/store/keys.js';
import { cachedStore } from '../../infra/store/local-cache.js';
import { commitWithManifest, readManifest } from '../../infra/store/manifest.js';
import { MemoryStore } from '../support/memory-store.js';

const folder = mkdtempSync(join(tmpdir(), 'ruminate-manifest-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const weights = { name: 'weights.safetensors', body: Buffer.from('w'), kind: 'weights' } as const;
const moments = { name: 'moments.safetensors', body: Buffer.from('m'), kind: 'optimizer' } as const;

describe('commitWithManifest', () => {
  it('writes the manifest last', async () => {
    const order: string[] = [];
    const store = new (class extends MemoryStore {
      override put(...args: Parameters<MemoryStore['put']>): ReturnType<MemoryStore['put']> {
        order.push(args[0]);
        return super.put(...args);
      }
      override putIfAbsent(
        ...args: Parameters<MemoryStore['putIfAbsent']>
      ): ReturnType<MemoryStore['putIfAbsent']> {
        order.push(args[0]);
        return super.putIfAbsent(...args);
      }
    })();
    await commitWithManifest(store, 'run/rl_d/3', [weights, moments]);
    expect(order).toHaveLength(3);
    expect(order.at(-1)).toBe('run/rl_d/3/MANIFEST.json');
  });

  it('gives a second commit the parts and the extra of the first', async () => {
    const store = new MemoryStore();
    const first = await commitWithManifest(store, 'p', [weights], { step: 3 });
    const second = await commitWithManifest(store, 'p', [{ ...weights, body: Buffer.from('other') }], {
      step: 4,
    });
    expect(first.won).toBe(true);
    expect(second).toEqual({ ...first, won: false });
    expect(await readManifest(store, 'p')).toEqual({
      manifest: first.manifest,
      parts: first.parts,
      extra: { step: 3 },
    });
  });

  it('makes the same manifest from the same parts, byte for byte', async () => {
    const [one, two] = await Promise.all(
      [new MemoryStore(), new MemoryStore()].map((store) =>
        commitWithManifest(store, 'p', [weights, moments], { step: 3 }),
      ),
    );
    expect(one?.manifest.sha256).toBe(two?.manifest.sha256);
  });

  it('commits nothing when a part does not read back as it was written', async () => {
    const store = new MemoryStore();
    const put = store.put.bind(store);
    store.put = async (key, body, kind) => {
      const ref = await put(key, body, kind);
      store.objects.set(key, Buffer.from('rotten'));
      return ref;
    };
    await expect(commitWithManifest(store, 'p', [weights])).rejects.toThrow(DataFailure);
    expect(await readManifest(store, 'p')).toBeNull();
  });

  it('makes of a file what it makes of its bytes', async () => {
    const file = join(folder, 'file');
    writeFileSync(file, weights.body);
    const sha256 = createHash('sha256').update(weights.body).digest('hex');
    const { name, kind } = weights;
    const [one, two] = [new MemoryStore(), new MemoryStore()];
    await commitWithManifest(one, 'p', [weights], { step: 3 });
    await commitWithManifest(two, 'p', [{ name, file, sha256, kind }], { step: 3 });
    expect(two.objects).toEqual(one.objects);
    writeFileSync(file, 'x');
    await expect(commitWithManifest(two, 'q', [{ name, file, sha256, kind }])).rejects.toThrow(DataFailure);
    expect(await readManifest(two, 'q')).toBeNull();
  });

  it('reads back from the store itself, also behind a cache', async () => {
    const store = new MemoryStore();
    const put = store.put.bind(store);
    store.put = async (key, body, kind) => {
      const ref = await put(key, body, kind);
      store.objects.set(key, Buffer.from('rotten'));
      return ref;
    };
    await expect(commitWithManifest(cachedStore(store, 1_000), 'p', [weights])).rejects.toThrow(DataFailure);
  });

  it('refuses two parts of one name', async () => {
    await expect(commitWithManifest(new MemoryStore(), 'p', [weights, weights])).rejects.toThrow(/two parts/);
  });

  it('refuses to read a manifest that is something else, and names it', async () => {
    const store = new MemoryStore();
    await store.put('p/MANIFEST.json', Buffer.from('{"format":"other"}'), 'manifest');
    await expect(readManifest(store, 'p')).rejects.toThrow(/p\/MANIFEST\.json is not a manifest/);
  });
});

describe('object keys', () => {
  it.each(['', '/a', 'a//b', 'a/', 'a/../b', './a', 'a\nb'])('refuse %j', (key) => {
    expect(() => joinKey(key)).toThrow(DataFailure);
  });

  it('come back from a uri as they went in', () => {
    expect(parseObjectUri('s3://bucket/a/b c')).toEqual({ bucket: 'bucket', key: 'a/b c' });
    expect(() => parseObjectUri('file:///a/b')).toThrow(/s3:\/\/bucket\/key/);
  });
});
