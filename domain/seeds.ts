import { sha256 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';

/** Draws of one 32-bit word: 0 … TWO_32 − 1. */
const TWO_32 = 2 ** 32;

/**
 * The random stream of these names, e.g. `stream(seed, 'RL_d', step, questionId, sample, 'actions')`.
 * Equal names give equal streams on every machine; names that differ in anything (order, number against
 * text, where one ends and the next begins) give unrelated ones. So whatever was drawn can be drawn again
 * without a position having been saved.
 */
export function stream(...names: (string | number)[]): RandomStream {
  const digest = digestOf(names);
  return new RandomStream(
    xoroshiro128plusFromState([
      digest.getInt32(0),
      digest.getInt32(4),
      digest.getInt32(8),
      digest.getInt32(12),
    ]),
  );
}

/** A uint32 that the names determine, for seeding what takes a number. */
export function nameHash(...names: (string | number)[]): number {
  return digestOf(names).getUint32(16);
}

/** A stream of uniform and normal draws (xoroshiro128+, whose high bits are the good ones: all draws use those). */
export class RandomStream {
  readonly #generator: RandomGenerator;
  #spareNormal: number | null = null;

  constructor(generator: RandomGenerator) {
    this.#generator = generator;
  }

  /** Uniform in [0, 1), a multiple of 2⁻³². */
  float(): number {
    return (this.#generator.next() >>> 0) / TWO_32;
  }

  /** Uniform integer in [lo, hi), unbiased. Throws a RangeError on an empty range or one wider than 2³². */
  int(lo: number, hi: number): number {
    const width = hi - lo;
    if (!Number.isSafeInteger(lo) || !Number.isSafeInteger(hi) || width < 1 || width > TWO_32)
      throw new RangeError(`expected integers lo < hi at most 2^32 apart, got [${lo}, ${hi})`);
    const bucket = Math.floor(TWO_32 / width);
    for (;;) {
      const value = Math.floor((this.#generator.next() >>> 0) / bucket);
      if (value < width) return lo + value;
    }
  }

  /** Standard normal (Box–Muller). */
  normal(): number {
    const spare = this.#spareNormal;
    if (spare !== null) {
      this.#spareNormal = null;
      return spare;
    }
    // 1 − float() is in (0, 1], so the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log(1 - this.float()));
    const angle = 2 * Math.PI * this.float();
    this.#spareNormal = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** One element, each as likely. Throws a RangeError on an empty array. */
  pick<T>(array: readonly T[]): T {
    if (array.length === 0) throw new RangeError('cannot pick from an empty array');
    return array[this.int(0, array.length)] as T;
  }

  /** A shuffled copy (Fisher–Yates). */
  shuffle<T>(array: readonly T[]): T[] {
    const copy = [...array];
    for (let i = copy.length - 1; i > 0; i--) {
      const j = this.int(0, i + 1);
      const held = copy[i] as T;
      copy[i] = copy[j] as T;
      copy[j] = held;
    }
    return copy;
  }

  /** `n` draws in [0, 1) as float32: 24 bits, so that none is rounded up to 1. */
  floats(n: number): Float32Array {
    const out = new Float32Array(n);
    for (let i = 0; i < n; i++) out[i] = (this.#generator.next() >>> 8) / 2 ** 24;
    return out;
  }
}

/** SHA-256 over each name's kind, length and text: no two lists of names share an encoding. */
function digestOf(names: readonly (string | number)[]): DataView {
  const parts = names.map((name) => {
    if (typeof name === 'number' && !Number.isFinite(name))
      throw new RangeError(`a stream's name must be text or a finite number, got ${name}`);
    const text = String(name);
    return `${typeof name === 'number' ? 'n' : 's'}${text.length}:${text}`;
  });
  const digest = sha256(utf8ToBytes(parts.join('')));
  return new DataView(digest.buffer, digest.byteOffset, digest.byteLength);
}
