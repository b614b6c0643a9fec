import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

import { readProfile, together } from '../../../infra/bench/engine/profile.js';

// onnxruntime-node 1.30: three runs of x·w, then softmax(y·yᵀ)·y over it; process numbers and most arguments removed.
const recorded = readFileSync(new URL('golden/profile.json', import.meta.url), 'utf8');

describe('a profile that onnxruntime wrote', () => {
  it('is summed by operator over the runs that count', () => {
    const { runMs, operators } = readProfile(recorded, 1);
    expect(runMs).toBeCloseTo((75 + 40) / 2 / 1000, 6);
    expect(operators.map(({ operator }) => operator)).toEqual([
      'MatMul',
      'FusedMatMul (attention)',
      'Reshape',
      'Softmax',
    ]);
    expect(operators[0]).toMatchObject({ ms: (16 + 6) / 2 / 1000, calls: 1 });
    expect(operators[1]).toMatchObject({ ms: (6 + 7 + 4 + 4) / 2 / 1000, calls: 2 });
  });

  it('gives each operator its share of the kernels', () => {
    const { operators } = readProfile(recorded, 0);
    expect(operators.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
  });

  it('is refused where no run is left to count', () => {
    expect(() => readProfile(recorded, 3)).toThrow('more than 3 runs, got 3');
  });

  it('adds to that of another graph of the same step', () => {
    const one = readProfile(recorded, 1);
    const both = together([one, one]);
    expect(both.runMs).toBeCloseTo(2 * one.runMs, 6);
    expect(both.operators[0]).toMatchObject({ operator: 'MatMul', calls: 2 });
    expect(both.operators[0]!.share).toBeCloseTo(one.operators[0]!.share, 6);
  });
});
