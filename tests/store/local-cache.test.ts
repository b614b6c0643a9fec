import { describe, expect, it } from 'vitest';

import type { Ref } from '../../domain/refs.js';
import { cachedStore } from '../../infra/store/local-cache.js';
import { MemoryStore } from '../support/memory-store.js';

class CountingStore extends MemoryStore {
  readonly gets: string[] = [];
  override get(ref: Ref): Promise<Uint8Array> {
    this.gets.push(ref.uri);
    return super.get(ref);
  }
}

describe('cachedStore', () => {
  it('asks the store once for what is read twice, also by two readers at once', async () => {
    const store = new CountingStore();
    const ref = await store.put('a', Buffer.from('x'), 'turn');
    const cached = cachedStore(store, 100);
    await Promise.all([cached.get(ref), cached.get(ref)]);
    await cached.get(ref);
    expect(store.gets).toHaveLength(1);
  });

  it('knows what it has written, even if the writer changes its array afterwards', async () => {
    const store = new CountingStore();
    const cached = cachedStore(store, 100);
    const body = Buffer.from('before');
    const ref = await cached.put('a', body, 'turn');
    body.fill(0);
    expect(Buffer.from(await cached.get(ref)).toString()).toBe('before');
    expect(store.gets).toHaveLength(0);
  });

  it('stays below its bound and lets the least recently used go', async () => {
    const store = new CountingStore();
    const refs = await Promise.all(
      ['a', 'b', 'c'].map((key) => store.put(key, Buffer.from(key.repeat(40)), 'turn')),
    );
    const [a, b, c] = refs;
    if (a === undefined || b === undefined || c === undefined) throw new Error('three refs');
    const cached = cachedStore(store, 100);
    await cached.get(a);
    await cached.get(b);
    await cached.get(a);
    await cached.get(c);
    store.gets.length = 0;
    await cached.get(a);
    await cached.get(c);
    expect(store.gets).toEqual([]);
    await cached.get(b);
    expect(store.gets).toEqual([b.uri]);
  });

  it('never keeps what is larger than its bound', async () => {
    const store = new CountingStore();
    const ref = await store.put('big', Buffer.alloc(101), 'turn');
    const cached = cachedStore(store, 100);
    await cached.get(ref);
    await cached.get(ref);
    expect(store.gets).toHaveLength(2);
  });

  it('remembers no failure', async () => {
    const store = new CountingStore();
    const ref = await store.put('a', Buffer.from('x'), 'turn');
    await store.delete('a');
    const cached = cachedStore(store, 100);
    await expect(cached.get(ref)).rejects.toThrow();
    await store.put('a', Buffer.from('x'), 'turn');
    expect(Buffer.from(await cached.get(ref)).toString()).toBe('x');
  });
});
