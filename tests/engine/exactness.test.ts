import { afterAll, describe, expect, it } from 'vitest';
import { ACTION_TOKENS, SLOT, VOCABULARY } from '../../domain/protocol/compact.js';
import { stream } from '../../domain/seeds.js';
import { EmbeddedEngine, type SequenceBatch } from '../../engine/embedded-engine.js';
import { LOOK_BYTES } from '../../engine/policy/spec.js';
import { freshWeights } from '../../engine/policy/state.js';

const SPEC = { width: 128, layers: 2, heads: 4, maxLooks: 3 };
const engine = new EmbeddedEngine(SPEC, { threads: 2 });
const oneThread = new EmbeddedEngine(SPEC, { threads: 1 });
/** Matrices that start at zero would hide whatever passes through them. */
const weights = new Map(
  [...freshWeights(SPEC, 1)].map(([name, data]) => {
    const random = stream('exactness', name);
    return [name, data.every((x) => x === 0) ? data.map(() => random.normal() * 0.05) : data];
  }),
);

afterAll(() => Promise.all([engine.close(), oneThread.close()]));

describe('the sampler', () => {
  it.each([0, 1, 2, 3])(
    'gives log-probabilities bit-identical to the trainer after %i looks',
    async (looks) => {
      const [given, drawn] = await drawTurn(64, looks);
      const full = withTurn(given, drawn.tokens);
      expect(lastSlots(await engine.logProbs(weights, full), looks)).toEqual([...drawn.logProbs]);
    },
  );

  it.each([0, 1, 2])('does not notice the padding of a longer bucket after %i looks', async (looks) => {
    const [given, drawn] = await drawTurn(64, looks);
    const longer = padded(withTurn(given, drawn.tokens));
    const slots = await engine.logProbs(weights, longer);
    const own = Array.from({ length: 64 }, (_, i) => [
      ...slots.subarray((i * (looks + 2) + looks) * SLOT, (i * (looks + 2) + looks + 1) * SLOT),
    ]).flat();
    expect(own).toEqual([...drawn.logProbs]);
  });

  it.each([16, 32, 48])(
    'gives a rollout the same tokens and log-probabilities in a batch of %i',
    async (batch) => {
      const looks = 2;
      const [given, whole, uniforms] = await drawTurn(64, looks);
      const part = rows(given, 64 - batch, batch);
      const alone = await engine.sample(weights, request(part, uniforms.slice((64 - batch) * SLOT)));
      expect([...alone.tokens]).toEqual([...whole.tokens.slice((64 - batch) * SLOT)]);
      expect([...alone.logProbs]).toEqual([...whole.logProbs.slice((64 - batch) * SLOT)]);
    },
  );

  it('does not depend on the number of threads', async () => {
    const [given, two, uniforms] = await drawTurn(32, 1);
    const one = await oneThread.sample(weights, request(given, uniforms));
    expect([...one.tokens]).toEqual([...two.tokens]);
    expect([...one.logProbs]).toEqual([...two.logProbs]);
  });

  it('answers where it is forced to, and says nothing after the end', async () => {
    const [given, , uniforms] = await drawTurn(16, 1);
    const { tokens } = await engine.sample(weights, {
      ...request(given, uniforms),
      forced: new Int32Array(16).fill(1),
    });
    for (let i = 0; i < 16; i++) {
      const slot = [...tokens.subarray(i * SLOT, (i + 1) * SLOT)];
      expect(slot[0]).toBe(4);
      const end = slot.indexOf(1);
      if (end >= 0) expect(slot.slice(end + 1).every((t) => t === 0)).toBe(true);
    }
  });
});

describe('the first on-policy step', () => {
  it('has ratios of exactly 1 and no divergence from the policy that sampled', async () => {
    const looks = 1;
    const [given, drawn] = await drawTurn(64, looks);
    const full = withTurn(given, drawn.tokens);
    const logProbs = await engine.logProbs(weights, full);
    const ones = new Float32Array(logProbs.length).fill(1 / logProbs.length);
    const { stats } = await engine.grpo(
      weights,
      engine.zeroGradients(),
      { ...full, weights: ones, advantages: ones, oldLogProbs: logProbs, referenceLogProbs: logProbs },
      { clipLow: 0.2, clipHigh: 0.28, kl: 0.01 },
    );
    expect(stats['largestLogRatio']).toBe(0);
    expect(stats['kl']).toBe(0);
  });
});

async function drawTurn(
  batch: number,
  looks: number,
): Promise<[SequenceBatch, { tokens: Int32Array; logProbs: Float32Array }, Float32Array]> {
  const given = randomBatch(batch, looks);
  const uniforms = stream('uniforms', looks).floats(batch * SLOT);
  return [given, await engine.sample(weights, request(given, uniforms)), uniforms];
}

function request(given: SequenceBatch, uniforms: Float32Array): Parameters<EmbeddedEngine['sample']>[1] {
  return { ...given, uniforms, temperature: 1, greedy: false, forced: new Int32Array(given.shape.batch) };
}

function randomBatch(batch: number, looks: number): SequenceBatch {
  const random = stream('batch', looks);
  const ints = (n: number, limit: number): number[] => Array.from({ length: n }, () => random.int(0, limit));
  return {
    shape: { batch, looks },
    words: Int32Array.from(ints(batch * 6, VOCABULARY - ACTION_TOKENS), (w) => ACTION_TOKENS + w),
    thumbs: Uint8Array.from(ints(batch * 8 * 18 * 32, 256)),
    actions: Int32Array.from(ints(batch * looks * SLOT, ACTION_TOKENS)),
    lookKinds: Int32Array.from(ints(batch * looks, 4)),
    pixels: Uint8Array.from(ints(batch * looks * LOOK_BYTES, 256)),
  };
}

/** The batch with one more action slot. */
function withTurn(given: SequenceBatch, tokens: Int32Array): SequenceBatch {
  const { batch, looks } = given.shape;
  return { ...given, actions: interleave(given.actions, tokens, batch, looks * SLOT, SLOT) };
}

/** The batch with one more empty look and action slot. */
function padded(given: SequenceBatch): SequenceBatch {
  const { batch, looks } = given.shape;
  const grow = <T extends Int32Array | Uint8Array>(data: T, width: number, by: number): T => {
    const zeros = new (data.constructor as new (n: number) => T)(batch * by);
    return interleave(data, zeros, batch, width, by);
  };
  return {
    ...given,
    shape: { batch, looks: looks + 1 },
    actions: grow(given.actions, (looks + 1) * SLOT, SLOT),
    lookKinds: grow(given.lookKinds, looks, 1),
    pixels: grow(given.pixels, looks * LOOK_BYTES, LOOK_BYTES),
  };
}

function interleave<T extends Int32Array | Uint8Array>(a: T, b: T, batch: number, aw: number, bw: number): T {
  const out = new (a.constructor as new (n: number) => T)(batch * (aw + bw));
  for (let i = 0; i < batch; i++) {
    out.set(a.subarray(i * aw, (i + 1) * aw), i * (aw + bw));
    out.set(b.subarray(i * bw, (i + 1) * bw), i * (aw + bw) + aw);
  }
  return out;
}

function rows(given: SequenceBatch, start: number, count: number): SequenceBatch {
  const { batch, looks } = given.shape;
  const cut = <T extends Int32Array | Uint8Array>(data: T): T => {
    const width = data.length / batch;
    return data.slice(start * width, (start + count) * width) as T;
  };
  return {
    shape: { batch: count, looks },
    words: cut(given.words),
    thumbs: cut(given.thumbs),
    actions: cut(given.actions),
    lookKinds: cut(given.lookKinds),
    pixels: cut(given.pixels),
  };
}

function lastSlots(logProbs: Float32Array, looks: number): number[] {
  const slots = looks + 1;
  const batch = logProbs.length / (slots * SLOT);
  return Array.from({ length: batch }, (_, i) => [
    ...logProbs.subarray((i * slots + looks) * SLOT, (i + 1) * slots * SLOT),
  ]).flat();
}
