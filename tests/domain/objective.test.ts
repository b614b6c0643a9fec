import { describe, expect, it } from 'vitest';
import { groupAdvantages } from '../../domain/advantages.js';
import { type GrpoTokens, grpoLoss } from '../../domain/objective/grpo.js';
import { sftLoss } from '../../domain/objective/sft.js';
import { rateAt, ratesAt } from '../../domain/schedules.js';
import { stream } from '../../domain/seeds.js';

describe('group advantages', () => {
  it('are (R − mean)/(std + eps) with the population’s std, by hand', () => {
    // mean 0.25, variance 3/16
    const std = Math.sqrt(3) / 4;
    expect(groupAdvantages([1, 0, 0, 0], 0.05)).toEqual([
      expect.closeTo(0.75 / (std + 0.05), 12),
      ...new Array<unknown>(3).fill(expect.closeTo(-0.25 / (std + 0.05), 12)),
    ]);
  });

  it('do not exist for a group whose rewards are all equal, of one, or of none', () => {
    expect([
      groupAdvantages([0.1, 0.1, 0.1], 0.05),
      groupAdvantages([1], 0.05),
      groupAdvantages([], 0.05),
    ]).toEqual([null, null, null]);
  });

  it('sum to 0, keep the order of rewards, and do not see a shift of all', () => {
    const random = stream('advantages');
    for (let i = 0; i < 200; i++) {
      const rewards = Array.from({ length: 8 }, () => random.int(0, 5) / 4);
      const advantages = groupAdvantages(rewards, 1e-6);
      if (advantages === null) continue;
      expect(advantages.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 9);
      const best = rewards.indexOf(Math.max(...rewards));
      expect(advantages[best]).toBe(Math.max(...advantages));
      groupAdvantages(
        rewards.map((reward) => reward + 3),
        1e-6,
      )!.forEach((shifted, j) => expect(shifted).toBeCloseTo(advantages[j]!, 6));
    }
  });
});

const OBJECTIVE = { clipLow: 0.2, clipHigh: 0.28, kl: 0.1 };

function tokens(over: Partial<GrpoTokens>): GrpoTokens {
  return {
    logProbs_T: [-1],
    oldLogProbs_T: [-1],
    referenceLogProbs_T: [-1],
    advantages_T: [1],
    mask_T: [1],
    ...over,
  };
}

describe('the GRPO loss', () => {
  it.each([
    // ratio, A, what counts of it
    [1, 2, 2, 0],
    [1.5, 1, 1.28, 1],
    [1.5, -1, -1.5, 1],
    [0.5, 1, 0.5, 1],
    [0.5, -1, -0.8, 1],
    [1.2, 1, 1.2, 0],
    [0.9, -1, -0.9, 0],
  ])('at ratio %f with A = %f counts %f', (ratio, advantage, surrogate, clipped) => {
    const loss = grpoLoss(
      tokens({ logProbs_T: [-1 + Math.log(ratio)], advantages_T: [advantage] }),
      { ...OBJECTIVE, kl: 0 },
      1,
    );
    expect(loss.policyLoss).toBeCloseTo(-surrogate, 12);
    expect(loss.loss).toBeCloseTo(-surrogate, 12);
    expect(loss.clipped).toBe(clipped);
    expect(loss.largestLogRatio).toBeCloseTo(Math.abs(Math.log(ratio)), 12);
  });

  it('adds the k3 estimate of the KL, by hand', () => {
    const loss = grpoLoss(tokens({ referenceLogProbs_T: [-1 + Math.LN2] }), OBJECTIVE, 1);
    // q = ln 2: 2 − ln 2 − 1
    expect(loss.kl).toBeCloseTo(1 - Math.LN2, 12);
    expect(loss.loss).toBeCloseTo(-1 + 0.1 * (1 - Math.LN2), 12);
  });

  it('leaves masked tokens out, whatever stands there, and divides by the count it is given', () => {
    const one = tokens({
      logProbs_T: [-1, Number.NaN],
      oldLogProbs_T: [-1, 0],
      referenceLogProbs_T: [-1, 0],
      advantages_T: [3, 9],
      mask_T: [1, 0],
    });
    expect(grpoLoss(one, OBJECTIVE, 4)).toEqual({
      loss: -0.75,
      policyLoss: -0.75,
      kl: 0,
      clipped: 0,
      largestLogRatio: 0,
    });
    expect(grpoLoss(tokens({ mask_T: [0] }), OBJECTIVE, 1).loss).toBe(0);
  });

  it('of micro-batches adds up to that of the whole', () => {
    const random = stream('grpo');
    const list = (lo: number, hi: number): number[] =>
      Array.from({ length: 12 }, () => lo + (hi - lo) * random.float());
    const all: GrpoTokens = {
      logProbs_T: list(-3, 0),
      oldLogProbs_T: list(-3, 0),
      referenceLogProbs_T: list(-3, 0),
      advantages_T: list(-2, 2),
      mask_T: Array.from({ length: 12 }, () => (random.float() < 0.7 ? 1 : 0)),
    };
    const cut = (from: number, to: number): GrpoTokens => ({
      logProbs_T: all.logProbs_T.slice(from, to),
      oldLogProbs_T: all.oldLogProbs_T.slice(from, to),
      referenceLogProbs_T: all.referenceLogProbs_T.slice(from, to),
      advantages_T: all.advantages_T.slice(from, to),
      mask_T: all.mask_T.slice(from, to),
    });
    const count = all.mask_T.filter((mask) => mask === 1).length;
    const parts = [cut(0, 5), cut(5, 12)].map((part) => grpoLoss(part, OBJECTIVE, count).loss);
    expect(parts[0]! + parts[1]!).toBeCloseTo(grpoLoss(all, OBJECTIVE, count).loss, 12);
  });
});

describe('the SFT loss', () => {
  it('is minus the mean log-probability of the tokens acted, by hand', () => {
    expect(sftLoss([-1, -2, -30, -3], [1, 1, 0, 1], 3)).toBe(2);
    expect(sftLoss([-1, -2], [1, 1], 6)).toBe(0.5);
    expect(sftLoss([Number.NaN], [0], 1)).toBe(0);
  });
});

describe('the learning rate', () => {
  const schedule = {
    steps: 10,
    warmupSteps: 2,
    decayShare: 0.4,
    decay: 'linear',
    peak: 1,
    end: 0.2,
  } as const;

  it('rises, stays and falls to its end at the very last step, by hand', () => {
    const rates = Array.from({ length: 10 }, (_, step) => rateAt(step, schedule));
    const expected = [0.5, 1, 1, 1, 1, 1, 0.8, 0.6, 0.4, 0.2];
    rates.forEach((rate, step) => expect(rate).toBeCloseTo(expected[step]!, 12));
    expect(rates[9]).toBe(0.2);
  });

  it('falls by half a cosine where that is asked for, by hand', () => {
    const rates = Array.from({ length: 10 }, (_, step) => rateAt(step, { ...schedule, decay: 'cosine' }));
    const half = Math.SQRT1_2;
    const expected = [0.5, 1, 1, 1, 1, 1, 0.6 + 0.4 * half, 0.6, 0.6 - 0.4 * half, 0.2];
    rates.forEach((rate, step) => expect(rate).toBeCloseTo(expected[step]!, 12));
    expect(rates[9]).toBe(0.2);
  });

  it('is flat without warm-up and decay, falls all along with a share of 1, and serves a stage of one step', () => {
    expect(rateAt(7, { ...schedule, warmupSteps: 0, decayShare: 0 })).toBe(1);
    expect(rateAt(9, { ...schedule, decayShare: 0 })).toBe(1);
    expect(rateAt(0, { ...schedule, warmupSteps: 0, decayShare: 1 })).toBeCloseTo(0.92, 12);
    expect(rateAt(0, { ...schedule, steps: 1, warmupSteps: 0, decayShare: 1 })).toBe(0.2);
  });

  it('never leaves (0, peak], and refuses steps outside the stage', () => {
    for (const warmupSteps of [0, 3, 30])
      for (const decayShare of [0, 0.33, 1])
        for (let step = 0; step < 10; step++) {
          const rate = rateAt(step, { ...schedule, warmupSteps, decayShare });
          expect(rate).toBeGreaterThan(0);
          expect(rate).toBeLessThanOrEqual(1);
        }
    for (const step of [-1, 10, 0.5]) expect(() => rateAt(step, schedule)).toThrow(RangeError);
  });

  it('of Muon follows the same shape between its own ends', () => {
    const optimizer = {
      type: 'muon',
      lr: 1e-3,
      lrEnd: 1e-4,
      muonLr: 0.01,
      muonLrEnd: 0.001,
      decayShare: 0.5,
      decay: 'linear',
      warmupSteps: 0,
      weightDecay: 0,
      beta1: 0.9,
      beta2: 0.95,
      clipNorm: 1,
    } as const;
    expect(ratesAt(0, 100, optimizer)).toEqual({ lr: 1e-3, muonLr: 0.01 });
    expect(ratesAt(99, 100, optimizer)).toEqual({ lr: 1e-4, muonLr: 0.001 });
    const { lr, muonLr } = ratesAt(74, 100, optimizer);
    expect(muonLr / lr).toBeCloseTo(10, 9);
    expect(lr).toBeCloseTo(5.5e-4, 12);
  });
});
