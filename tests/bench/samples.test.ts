import { describe, expect, it } from 'vitest';

import { fastest, pairedRatio, summarize } from '../../infra/bench/samples.js';

describe('times of a benchmark', () => {
  it('are summed up by their median and how far their middle half lies apart', () => {
    expect(summarize([40, 10, 30, 20, 1000])).toEqual({
      medianMs: 30,
      minMs: 10,
      maxMs: 1000,
      spread: (40 - 20) / 30,
      samples: 5,
    });
  });

  it('take the mean of the middle two where their number is even', () => {
    expect(summarize([1, 2, 4, 8]).medianMs).toBe(3);
  });

  it('cannot be summed up where there are none', () => {
    expect(() => summarize([])).toThrow('at least one sample');
  });
});

describe('a ratio of two sides', () => {
  it('is above one where we are faster', () => {
    expect(pairedRatio([[30]], [[20]])).toEqual({ ratio: 1.5, lowest: 1.5, highest: 1.5, ofFastest: 1.5 });
  });

  it('is not moved by a slow minute that both sides shared', () => {
    const ours = [[10], [100], [10]];
    const theirs = [[20], [200], [20]];
    expect(pairedRatio(theirs, ours)).toMatchObject({ ratio: 2, lowest: 2, highest: 2 });
  });

  it('says how far its rounds lie apart', () => {
    const ratio = pairedRatio([[10, 10, 900], [20], [30]], [[10], [10], [10]]);
    expect(ratio).toEqual({ ratio: 2, lowest: 1, highest: 3, ofFastest: 1 });
  });

  it('refuses rounds without a counterpart', () => {
    expect(() => pairedRatio([[1], [2]], [[1]])).toThrow('2 rounds beside 1');
  });
});

describe('of several PyTorch processes', () => {
  it('the one with the lower median counts', () => {
    const rounds = { plain: [[9, 9], [1]], warm: [[5], [5, 5]] };
    expect(fastest(rounds)).toMatchObject({ name: 'warm', rounds: [[5], [5, 5]] });
  });

  it('none counts where none took part', () => {
    expect(fastest({})).toBeNull();
  });
});
