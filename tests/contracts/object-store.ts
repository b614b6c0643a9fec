import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from 'vitest';

import type { ObjectStore } from '../../activities/ports.js';
import { DataFailure } from '../../domain/failures.js';

/** What every ObjectStore promises. `make` may return one store for all tests: each works under a prefix of its own. */
export function objectStoreContract(name: string, make: () => ObjectStore): void {
  describe(`${name} keeps the contract of an object store`, () => {
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    const sha256 = (body: Uint8Array): string => createHash('sha256').update(body).digest('hex');
    const folder = mkdtempSync(join(tmpdir(), 'ruminate-contract-'));
    afterAll(() => rmSync(folder, { recursive: true, force: true }));
    const written = (body: Uint8Array): { path: string; sha256: string } => {
      const path = join(folder, randomUUID());
      writeFileSync(path, body);
      return { path, sha256: sha256(body) };
    };
    const fresh = (): string => `contract/${randomUUID()}`;

    it('gives back the bytes that were put, with a ref that describes them', async () => {
      const store = make();
      const body = Uint8Array.from({ length: 70_000 }, (_, index) => (index * 31) % 251);
      const key = `${fresh()}/a b ü+%.bin`;
      const ref = await store.put(key, body, 'weights');
      expect(ref).toMatchObject({ sha256: sha256(body), bytes: 70_000, kind: 'weights' });
      expect(ref.uri).toMatch(/^s3:\/\/[^/]+\/contract\//);
      expect(Buffer.compare(await store.get(ref), body)).toBe(0);
      expect(await store.head(key, 'weights')).toEqual(ref);
    });

    it.each([0, 70_000])('keeps a file of %d bytes as if they had been put', async (length) => {
      const store = make();
      const body = Uint8Array.from({ length }, (_, index) => (index * 31) % 251);
      const key = `${fresh()}/a b ü+%.bin`;
      const ref = await store.putFile(key, written(body), 'weights');
      expect(ref).toEqual(await store.put(key, body, 'weights'));
      const path = join(folder, randomUUID());
      await store.getFile(ref, path);
      expect(Buffer.compare(readFileSync(path), body)).toBe(0);
      await expect(store.verify(ref)).resolves.toBeUndefined();
    });

    it('refuses a file that is not what was said of it, and keeps what the key has', async () => {
      const store = make();
      const key = `${fresh()}/file`;
      const ref = await store.put(key, bytes('old'), 'weights');
      const file = { ...written(bytes('cut sho')), sha256: sha256(bytes('cut short')) };
      await expect(store.putFile(key, file, 'weights')).rejects.toThrow(DataFailure);
      await expect(store.putFile(key, file, 'weights')).rejects.toThrow(file.path);
      expect(await store.head(key, 'weights')).toEqual(ref);
    });

    it('leaves a path as it was when the bytes are not those of the ref', async () => {
      const store = make();
      const key = `${fresh()}/replaced`;
      const old = await store.put(key, bytes('old'), 'turn');
      await store.put(key, bytes('new'), 'turn');
      const { path } = written(bytes('before'));
      const files = readdirSync(folder);
      await expect(store.getFile(old, path)).rejects.toThrow(DataFailure);
      await expect(store.verify(old)).rejects.toThrow(old.sha256);
      expect(readFileSync(path, 'utf8')).toBe('before');
      await store.delete(key);
      await expect(store.getFile(old, path)).rejects.toThrow(DataFailure);
      expect(readdirSync(folder)).toEqual(files);
    });

    it('keeps an empty object', async () => {
      const store = make();
      const ref = await store.put(`${fresh()}/empty`, new Uint8Array(), 'turn');
      expect(ref.bytes).toBe(0);
      expect((await store.get(ref)).length).toBe(0);
    });

    it('puts a view of a larger buffer, and only that', async () => {
      const store = make();
      const view = new Uint8Array(Uint8Array.from([1, 2, 3, 4, 5]).buffer, 1, 3);
      const ref = await store.put(`${fresh()}/view`, view, 'turn');
      expect([...(await store.get(ref))]).toEqual([2, 3, 4]);
    });

    it('replaces on put, and refuses the bytes to whoever holds the old ref', async () => {
      const store = make();
      const key = `${fresh()}/replaced`;
      const old = await store.put(key, bytes('old'), 'turn');
      const now = await store.put(key, bytes('new'), 'turn');
      expect(Buffer.from(await store.get(now)).toString()).toBe('new');
      await expect(store.get(old)).rejects.toThrow(DataFailure);
      await expect(store.get(old)).rejects.toThrow(old.sha256);
    });

    it('lets exactly one of 20 racing writers win, and tells all the others who did', async () => {
      const store = make();
      const key = `${fresh()}/race`;
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, writer) =>
          store.putIfAbsent(key, bytes(`writer ${writer}`), 'manifest'),
        ),
      );
      const winner = results.findIndex(({ won }) => won);
      expect(results.filter(({ won }) => won)).toHaveLength(1);
      const expected = sha256(bytes(`writer ${winner}`));
      expect(new Set(results.map(({ ref }) => ref.sha256))).toEqual(new Set([expected]));
      const stored = await store.head(key, 'manifest');
      expect(stored?.sha256).toBe(expected);
    });

    it('says null for the head of what is absent, and DataFailure for a ref to it', async () => {
      const store = make();
      const key = `${fresh()}/gone`;
      expect(await store.head(key, 'turn')).toBeNull();
      const ref = await store.put(key, bytes('x'), 'turn');
      await store.delete(key);
      expect(await store.head(key, 'turn')).toBeNull();
      await expect(store.get(ref)).rejects.toThrow(DataFailure);
    });

    it('deletes what is absent without complaint', async () => {
      await expect(make().delete(`${fresh()}/never-there`)).resolves.toBeUndefined();
    });

    it('lists the keys under a prefix, sorted, and no others', async () => {
      const store = make();
      const prefix = fresh();
      for (const key of ['b', 'a/1', 'a/2']) await store.put(`${prefix}/${key}`, bytes(key), 'turn');
      await store.put(`${prefix}-other/c`, bytes('c'), 'turn');
      expect(await store.list(`${prefix}/`)).toEqual([`${prefix}/a/1`, `${prefix}/a/2`, `${prefix}/b`]);
      expect(await store.list(`${prefix}/none/`)).toEqual([]);
    });
  });
}
