import { describe, expect, it } from 'vitest';
import { GREEDY } from '../../domain/sampling.js';
import { requireContext } from '../../engine/context.js';
import { EmbeddedEngine } from '../../engine/embedded-engine.js';
import { blankBatch } from './children/blank-batch.js';
import { randomRollout } from './support/rollouts.js';

const SPEC = { width: 32, layers: 1, heads: 4, maxLooks: 2 };
const twice = <T extends Uint8Array | Int32Array>(data: T): T =>
  new (data.constructor as new (n: number) => T)(2 * data.length);

describe('the context of a policy', () => {
  it('holds every length up to maxLooks', () => {
    for (const looks of [0, 1, 2])
      expect(() => {
        requireContext(SPEC, blankBatch(3, looks));
      }).not.toThrow();
  });

  it.each([
    ['4 looks', { ...blankBatch(3, 4) }, 'has room for 2; policy.maxLooks raises it'],
    [
      '16 frames',
      { ...blankBatch(3, 1), thumbs: twice(blankBatch(3, 1).thumbs) },
      'has room for 8; no option',
    ],
    [
      '4 actions',
      { ...blankBatch(3, 1), actions: twice(blankBatch(3, 1).actions) },
      'has room for 2; policy.m',
    ],
    [
      '12 question words',
      { ...blankBatch(3, 1), words: twice(blankBatch(3, 1).words) },
      'has room for 6; no',
    ],
    [
      '2 pictures of looks',
      { ...blankBatch(3, 1), pixels: twice(blankBatch(3, 1).pixels) },
      'has room for 1; p',
    ],
  ])('has no room for a sequence of %s, and says so', (what, batch, limit) => {
    expect(() => {
      requireContext(SPEC, batch);
    }).toThrow(`a sequence of ${what} does not fit: the policy ${limit}`);
  });

  it('is asked by every way into the engine, before weights or graphs are touched', async () => {
    const engine = new EmbeddedEngine(SPEC, { threads: 1 });
    const batch = blankBatch(1, 3);
    const tokens = new Float32Array(4 * 7);
    const none = new Map<string, Float32Array>();
    const grpo = { ...batch, advantages: tokens, oldLogProbs: tokens, referenceLogProbs: tokens };
    const ways = [
      engine.supervised(none, none, batch),
      engine.grpo(none, none, grpo, { clipLow: 0.2, clipHigh: 0.2, kl: 0 }),
      engine.logProbs(none, batch),
      engine.drawTurn(none, GREEDY, {
        rollout: randomRollout('far', 3),
        memory: null,
        uniforms: tokens,
        forced: false,
      }),
    ];
    for (const way of ways) await expect(way).rejects.toMatchObject({ name: 'BudgetFailure' });
    await engine.close();
  });
});
