import { describe, expect, it } from 'vitest';

import { agreementOptions, disagreement } from '../../../infra/bench/engine/agreement.js';
import { TRAIN, TRAIN_MUON } from '../../../infra/bench/engine/scenarios.js';

const exact = { slot: 2, bfloat16: false };
const steps = { losses: [3, 2.9, 2.8], gradNorms: [1, 1.1, 1.2] };

describe('two sides are compared only where their first runs agree', () => {
  it('accepts what rounding explains', () => {
    expect(disagreement(steps, { ...steps, losses: [3.0003, 2.9, 2.8] }, exact)).toBeNull();
  });

  it('refuses another model, by its first loss', () => {
    expect(disagreement(steps, { ...steps, losses: [3.1, 2.9, 2.8] }, exact)).toContain('losses of step 1');
  });

  it('refuses another optimizer, by the loss after its step', () => {
    expect(disagreement(steps, { ...steps, losses: [3, 2.95, 2.8] }, exact)).toContain('losses of step 2');
  });

  it('refuses numbers that are none', () => {
    expect(disagreement(steps, { ...steps, gradNorms: [NaN, 1, 1] }, exact)).toContain('gradNorms of step 1');
  });

  it('gives an optimizer in bfloat16 its roundings, but not the step before it', () => {
    const rough = { slot: 2, bfloat16: true };
    expect(disagreement(steps, { ...steps, losses: [3, 2.92, 2.8] }, rough)).toBeNull();
    expect(disagreement(steps, { ...steps, losses: [3.02, 2.9, 2.8] }, rough)).toContain('losses of step 1');
  });

  it('knows bfloat16 only where torch.optim.Muon orthogonalizes', () => {
    const file = 'nowhere';
    const bfloat16 = (scenario: typeof TRAIN | typeof TRAIN_MUON, variant: string | null): boolean =>
      agreementOptions({ ...scenario, file }, variant, 7).bfloat16;
    expect(bfloat16(TRAIN, null)).toBe(false);
    expect(bfloat16(TRAIN_MUON, null)).toBe(true);
    expect(bfloat16(TRAIN_MUON, 'float32 muon')).toBe(false);
  });

  it('lets a draw on the border fall to either side, and compares the other turns', () => {
    const turns = Array.from({ length: 100 }, (_, i) => i);
    const ours = { tokens: turns, logProbs: turns.map(() => -1) };
    const border = { tokens: turns.with(7, 999), logProbs: turns.map(() => -1).with(7, -9) };
    expect(disagreement(ours, border, exact)).toBeNull();
    const off = { tokens: turns, logProbs: turns.map(() => -1).with(7, -1.01) };
    expect(disagreement(ours, off, exact)).toContain('log-probabilities');
    const others = { tokens: turns.map((token) => token + (token < 10 ? 1 : 0)), logProbs: ours.logProbs };
    expect(disagreement(ours, others, exact)).toContain('only 45 of 50');
  });
});
