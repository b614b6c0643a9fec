import { createHash } from 'node:crypto';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import { describe, expect, it } from 'vitest';
import { nameHash, stream } from '../../domain/seeds.js';

describe('stream', () => {
  it('is xoroshiro128+ from the first 16 bytes of SHA-256 over kind, length and text of each name', () => {
    const digest = createHash('sha256').update('n1:7s4:RL_dn2:-1').digest();
    const words = [0, 4, 8, 12].map((at) => digest.readInt32BE(at));
    const reference = xoroshiro128plusFromState(words);
    const ours = stream(7, 'RL_d', -1);
    for (let i = 0; i < 5; i++) expect(ours.float()).toBe((reference.next() >>> 0) / 2 ** 32);
    expect(nameHash(7, 'RL_d', -1)).toBe(digest.readUInt32BE(16));
  });

  it('keeps these first draws for ever (a recorded run can be made again)', () => {
    const random = stream(7, 'golden');
    expect([random.int(0, 1000), random.int(0, 1000), random.int(0, 1000)]).toEqual([766, 54, 837]);
    expect(nameHash('golden')).toBe(3602782076);
  });

  it('gives unrelated streams to names that differ in kind, order or where they are cut', () => {
    const firsts = [
      stream('ab', 'c'),
      stream('a', 'bc'),
      stream('abc'),
      stream('c', 'ab'),
      stream(1),
      stream('1'),
      stream(),
      stream(''),
      stream('1:a'),
      stream(12),
      stream(1, 2),
    ].map((random) => random.float());
    expect(new Set(firsts).size).toBe(firsts.length);
  });

  it('takes -0 for 0 and refuses names that are not finite', () => {
    expect(stream(-0).float()).toBe(stream(0).float());
    expect(() => stream(Number.NaN)).toThrow('finite');
  });

  it('draws integers uniformly in [lo, hi), also over the full 32-bit width', () => {
    const random = stream('int');
    const counts = new Array<number>(7).fill(0);
    for (let i = 0; i < 70_000; i++) counts[random.int(-3, 4) + 3]! += 1;
    // Binomial sd is 93: five of them.
    for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(465);
    expect(random.int(5, 6)).toBe(5);
    // Widths that do not divide 2³²: about half of the words are thrown away here.
    for (let i = 0; i < 100; i++) expect(random.int(0, 2 ** 31 + 1)).toBeLessThan(2 ** 31 + 1);
    expect(random.int(0, 2 ** 32)).toBeLessThan(2 ** 32);
    expect(() => random.int(3, 3)).toThrow(RangeError);
    expect(() => random.int(0, 2 ** 33)).toThrow(RangeError);
    expect(() => random.int(0.5, 2)).toThrow(RangeError);
  });

  it('draws floats in [0, 1) and normals with mean 0 and variance 1', () => {
    const random = stream('moments');
    const n = 100_000;
    let sum = 0;
    let squares = 0;
    for (let i = 0; i < n; i++) {
      const x = random.normal();
      sum += x;
      squares += x * x;
    }
    expect(Math.abs(sum / n)).toBeLessThan(0.016);
    expect(Math.abs(squares / n - 1)).toBeLessThan(0.025);
    const floats = random.floats(n);
    expect(Math.min(...floats.subarray(0, 50_000))).toBeGreaterThanOrEqual(0);
    expect(floats.every((x) => x >= 0 && x < 1)).toBe(true);
    expect(Math.abs(floats.reduce((a, b) => a + b, 0) / n - 0.5)).toBeLessThan(0.005);
  });

  it('shuffles a copy: same elements, every first place as likely', () => {
    const given = Object.freeze([1, 2, 3, 4, 5]);
    const random = stream('shuffle');
    const firsts = new Array<number>(6).fill(0);
    for (let i = 0; i < 10_000; i++) {
      const shuffled = random.shuffle(given);
      expect([...shuffled].sort()).toEqual(given);
      firsts[shuffled[0]!]! += 1;
    }
    for (const first of firsts.slice(1)) expect(Math.abs(first - 2000)).toBeLessThan(200);
    expect(random.shuffle([])).toEqual([]);
    expect(() => random.pick([])).toThrow('empty');
    expect(random.pick(['only'])).toBe('only');
  });
});
