import { afterAll, describe, expect, it } from 'vitest';
import { ACTION_TOKENS, SLOT } from '../../domain/protocol/compact.js';
import type { SamplingOptions } from '../../domain/sampling.js';
import { stream } from '../../domain/seeds.js';
import { EmbeddedEngine } from '../../engine/embedded-engine.js';
import type { SequenceBatch } from '../../engine/batches.js';
import { LOOK_BYTES } from '../../engine/policy/spec.js';
import {
  asBatch,
  denseWeights,
  drawTurns,
  followed,
  lastSlots,
  PLAIN,
  randomRollouts,
  said,
} from './support/rollouts.js';

const SPEC = { width: 128, layers: 2, heads: 4, maxLooks: 3 };
/** Sums longer than 128, which the matrix kernels split. */
const WIDE = { width: 192, layers: 2, heads: 3, maxLooks: 3 };
const STRICT = { ...SPEC, grammar: true };
const engine = new EmbeddedEngine(SPEC, { threads: 2 });
const wide = new EmbeddedEngine(WIDE, { threads: 2 });
const strict = new EmbeddedEngine(STRICT, { threads: 2 });
const weights = denseWeights(SPEC);
const wideWeights = denseWeights(WIDE);

afterAll(() => Promise.all([engine, wide, strict].map((one) => one.close())));

const NUCLEUS: SamplingOptions = { greedy: false, temperature: 0.7, topP: 0.8 };
const GREEDY: SamplingOptions = { ...PLAIN, greedy: true };

describe('the sampler', () => {
  it.each([
    ['of the whole distribution', engine, weights, PLAIN],
    ['of a nucleus at a temperature', engine, weights, NUCLEUS],
    ['greedily', engine, weights, GREEDY],
    ['of a wider policy', wide, wideWeights, PLAIN],
    ['under the grammar', strict, weights, PLAIN],
  ] as const)(
    'draws %s turn after turn, with log-probabilities bit-identical to the trainer’s',
    async (_, own, ownWeights, options) => {
      let rollouts = randomRollouts('chain', 20, 0);
      let turns = await drawTurns(own, ownWeights, rollouts, { options });
      for (let looks = 0; looks <= SPEC.maxLooks; looks++) {
        const batch = asBatch(rollouts, turns);
        expect(lastSlots(await own.logProbs(ownWeights, batch), batch)).toEqual(
          turns.map(({ logProbs }) => [...logProbs]),
        );
        rollouts = rollouts.map((rollout, i) => followed(rollout, turns[i]!));
        const memories = turns.map(({ memory }) => memory);
        if (looks < SPEC.maxLooks) turns = await drawTurns(own, ownWeights, rollouts, { options, memories });
      }
    },
    60_000,
  );

  it.each([1, 2, 3])('draws the same after %i looks whether it remembers or not', async (looks) => {
    let rollouts = randomRollouts('recall', 20, looks - 1);
    const before = await drawTurns(engine, weights, rollouts);
    rollouts = rollouts.map((rollout, i) => followed(rollout, before[i]!));
    const memories = before.map(({ memory }) => memory);
    const remembered = said(await drawTurns(engine, weights, rollouts, { memories }));
    expect(said(await drawTurns(engine, weights, rollouts))).toEqual(remembered);
    const some = memories.map((memory, i) => (i % 3 === 0 ? null : memory));
    expect(said(await drawTurns(engine, weights, rollouts, { memories: some }))).toEqual(remembered);
  });

  it.each([
    [1, 0],
    [15, 3],
    [16, 1],
    [17, 20],
    [33, 2],
    [63, 1],
  ])('gives each of %i rollouts the same as among 64, wherever it stands', async (count, first) => {
    const looks = 2;
    const all = randomRollouts('batch', 64, looks);
    const whole = said(await drawTurns(engine, weights, all));
    const some = all.slice(first, first + count);
    expect(said(await drawTurns(engine, weights, some))).toEqual(whole.slice(first, first + count));
    const reversed = await drawTurns(engine, weights, [...some].reverse());
    expect([...said(reversed)].reverse()).toEqual(whole.slice(first, first + count));
  });

  it('gives each rollout the same when others leave its batch and strangers join', async () => {
    const own = randomRollouts('stay', 24, 0);
    const first = await drawTurns(engine, weights, own);
    const next = own.map((rollout, i) => followed(rollout, first[i]!));
    const memories = first.map(({ memory }) => memory);
    const together = said(await drawTurns(engine, weights, next, { memories }));
    const staying = [...next.keys()].filter((i) => i % 5 !== 0);
    const strangers = randomRollouts('join', 9, 1);
    const mixed = await drawTurns(engine, weights, [...strangers, ...staying.map((i) => next[i]!)], {
      memories: [...strangers.map(() => null), ...staying.map((i) => memories[i]!)],
    });
    expect(said(mixed.slice(strangers.length))).toEqual(staying.map((i) => together[i]));
  });

  it.each([
    ['', SPEC, weights],
    [' of a wider policy', WIDE, wideWeights],
  ] as const)('does not depend on the number of threads%s', async (_, spec, ownWeights) => {
    const results: unknown[] = [];
    for (const threads of [1, 2, 3, 8]) {
      const one = new EmbeddedEngine(spec, { threads });
      const turns = await drawTurns(one, ownWeights, randomRollouts('threads', 17, 1));
      const batch = asBatch(randomRollouts('threads', 17, 1), turns);
      results.push([said(turns), [...(await one.logProbs(ownWeights, batch))]]);
      await one.close();
    }
    for (const result of results.slice(1)) expect(result).toEqual(results[0]);
  });

  it('answers where it is forced to, and says nothing after the end', async () => {
    for (const { tokens } of await drawTurns(engine, weights, randomRollouts('forced', 16, 1), {
      forced: true,
    })) {
      expect(tokens[0]).toBe(4);
      const end = tokens.indexOf(1);
      if (end >= 0) expect(tokens.slice(end + 1).every((token) => token === 0)).toBe(true);
    }
  });
});

describe('the trainer', () => {
  it.each([0, 1, 2])('does not notice the padding of a longer bucket after %i looks', async (looks) => {
    const rollouts = randomRollouts('padding', 20, looks);
    const turns = await drawTurns(engine, weights, rollouts);
    const batch = padded(asBatch(rollouts, turns));
    const all = await engine.logProbs(weights, batch);
    turns.forEach(({ logProbs }, i) => {
      const at = (i * (looks + 2) + looks) * SLOT;
      expect([...all.subarray(at, at + SLOT)]).toEqual([...logProbs]);
    });
  });

  it.each([
    ['', 0, engine],
    ['', 1, engine],
    ['', 2, engine],
    ['', 3, engine],
    [' under the grammar', 1, strict],
  ] as const)(
    'begins%s, after %i looks, with ratios of exactly 1 and no divergence',
    async (_, looks, own) => {
      const rollouts = randomRollouts('on-policy', 20, looks);
      const turns = await drawTurns(own, weights, rollouts);
      const batch = asBatch(rollouts, turns);
      const logProbs = await own.logProbs(weights, batch);
      // The last turn's are the sampler's own.
      turns.forEach((turn, i) => {
        logProbs.set(turn.logProbs, (i * (looks + 1) + looks) * SLOT);
      });
      const ones = new Float32Array(logProbs.length).fill(1 / logProbs.length);
      const { stats } = await own.grpo(
        weights,
        own.zeroGradients(),
        { ...batch, weights: ones, advantages: ones, oldLogProbs: logProbs, referenceLogProbs: logProbs },
        { clipLow: 0.2, clipHigh: 0.28, kl: 0.01 },
      );
      expect(stats['largestLogRatio']).toBe(0);
      expect(stats['kl']).toBe(0);
    },
  );

  it('gives forbidden tokens probability 0 under the grammar, and what is left to the others', async () => {
    const rollouts = randomRollouts('forbidden', 16, 0);
    const turns = await drawTurns(engine, weights, rollouts);
    // Each begins with another token; 2, 3 and 4 are CLIP, CROP and ANSWER.
    const batch = asBatch(
      rollouts,
      turns.map((turn, i) => ({ ...turn, tokens: turn.tokens.with(0, i) })),
    );
    const free = await engine.logProbs(weights, batch);
    const ruled = await strict.logProbs(weights, batch);
    for (let token = 0; token < 16; token++) {
      const [before, after] = [free[token * SLOT]!, ruled[token * SLOT]!];
      if (token >= 2 && token <= 4) expect(after).toBeGreaterThan(before);
      else expect(Math.exp(after)).toBe(0);
    }
  });
});

/** The batch with one more empty look and a random action slot. */
function padded(batch: SequenceBatch): SequenceBatch {
  const { batch: count, looks } = batch.shape;
  const random = stream('padded');
  const more = Int32Array.from({ length: count * SLOT }, () => random.int(0, ACTION_TOKENS));
  return {
    ...batch,
    shape: { batch: count, looks: looks + 1 },
    actions: beside(batch.actions, more, count),
    lookKinds: beside(batch.lookKinds, new Int32Array(count), count),
    pixels: beside(batch.pixels, new Uint8Array(count * LOOK_BYTES), count),
  };
}

function beside<T extends Int32Array | Uint8Array>(a: T, b: T, rows: number): T {
  const [aw, bw] = [a.length / rows, b.length / rows];
  const out = new (a.constructor as new (n: number) => T)(a.length + b.length);
  for (let i = 0; i < rows; i++) {
    out.set(a.subarray(i * aw, (i + 1) * aw), i * (aw + bw));
    out.set(b.subarray(i * bw, (i + 1) * bw), i * (aw + bw) + aw);
  }
  return out;
}
