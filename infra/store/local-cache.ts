import type { ObjectStore } from '../../activities/ports.js';
import type { Ref } from '../../domain/refs.js';

/**
 * A store that keeps the bytes it last read or wrote in memory, by their SHA-256, up to a bound; the least
 * recently used go first. Content never changes under its hash, so nothing here can be stale; whatever was read
 * must not be written into, since others may hold the same array. Readers of one object at once share one request.
 */
export function cachedStore(store: ObjectStore, maxBytes: number): ObjectStore {
  const kept = new BoundedBytes(maxBytes);
  const underWay = new Map<string, Promise<Uint8Array>>();

  const fetch = (ref: Ref): Promise<Uint8Array> => {
    const own = store
      .get(ref)
      .then((bytes) => {
        kept.add(ref.sha256, bytes);
        return bytes;
      })
      .finally(() => underWay.delete(ref.sha256));
    underWay.set(ref.sha256, own);
    return own;
  };

  return {
    async get(ref) {
      const known = kept.find(ref.sha256);
      if (known !== undefined) return known;
      const pending = underWay.get(ref.sha256);
      if (pending === undefined) return fetch(ref);
      try {
        return await pending;
      } catch {
        // That failure may have been about another key with the same bytes: ask for ours.
        return store.get(ref);
      }
    },
    async put(key, body, kind) {
      const ref = await store.put(key, body, kind);
      kept.add(ref.sha256, new Uint8Array(body));
      return ref;
    },
    async putIfAbsent(key, body, kind) {
      const result = await store.putIfAbsent(key, body, kind);
      if (result.won) kept.add(result.ref.sha256, new Uint8Array(body));
      return result;
    },
    // Files may be larger than memory, and what is verified must come from the store itself.
    putFile: (key, file, kind) => store.putFile(key, file, kind),
    getFile: (ref, path) => store.getFile(ref, path),
    verify: (ref) => store.verify(ref),
    head: (key, kind) => store.head(key, kind),
    list: (prefix) => store.list(prefix),
    delete: (key) => store.delete(key),
  };
}

/** A Map remembers the order of insertion: its first entry is the one longest unused. */
class BoundedBytes {
  readonly #maxBytes: number;
  readonly #entries = new Map<string, Uint8Array>();
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  find(sha256: string): Uint8Array | undefined {
    const bytes = this.#entries.get(sha256);
    if (bytes === undefined) return undefined;
    this.#entries.delete(sha256);
    this.#entries.set(sha256, bytes);
    return bytes;
  }

  add(sha256: string, bytes: Uint8Array): void {
    if (bytes.length > this.#maxBytes || this.find(sha256) !== undefined) return;
    this.#entries.set(sha256, bytes);
    this.#bytes += bytes.length;
    for (const [oldest, { length }] of this.#entries) {
      if (this.#bytes <= this.#maxBytes) break;
      this.#entries.delete(oldest);
      this.#bytes -= length;
    }
  }
}
