import { describe, expect, it } from 'vitest';
import { gradients } from '../../engine/graph/gradients.js';
import { Graph, type Shape } from '../../engine/graph/graph.js';
import { affine, linear, squaredReluLinear } from '../../engine/graph/linear.js';
import * as ops from '../../engine/graph/ops.js';
import { expectCentralDifferences, type Build } from './support/central-differences.js';

type Case = readonly [
  name: string,
  shapes: readonly Shape[],
  build: Build,
  range?: readonly [number, number],
];

const CASES: readonly Case[] = [
  ['add, broadcasting', [[3, 4], [4]], (g, [a, b]) => ops.add(g, a!, b!)],
  [
    'sub, broadcasting a column',
    [
      [2, 3, 4],
      [3, 1],
    ],
    (g, [a, b]) => ops.sub(g, a!, b!),
  ],
  ['mul by a scalar', [[3, 2], []], (g, [a, b]) => ops.mul(g, a!, b!)],
  ['mul of a value by itself', [[5]], (g, [a]) => ops.mul(g, a!, a!)],
  ['div', [[3, 4], [4]], (g, [a, b]) => ops.div(g, a!, b!), [0.5, 2]],
  ['exp', [[4]], (g, [a]) => ops.exp(g, a!)],
  ['log', [[4]], (g, [a]) => ops.log(g, a!), [0.5, 2]],
  ['sqrt', [[4]], (g, [a]) => ops.sqrt(g, a!), [0.5, 2]],
  ['squaredRelu', [[3, 5]], (g, [a]) => ops.squaredRelu(g, a!)],
  ['minimum', [[6], [6]], (g, [a, b]) => ops.minimum(g, a!, b!)],
  ['clamp', [[8]], (g, [a]) => ops.clamp(g, a!, -0.5, 0.4)],
  [
    'linear',
    [
      [3, 4],
      [4, 5],
    ],
    (g, [a, b]) => linear(g, a!, b!),
  ],
  [
    'linear of few rows and a long sum',
    [
      [2, 160],
      [160, 3],
    ],
    (g, [a, b]) => linear(g, a!, b!),
  ],
  ['affine', [[3, 4], [4, 5], [5]], (g, [a, b, c]) => affine(g, a!, b!, c!)],
  [
    'squaredReluLinear',
    [
      [3, 4],
      [4, 5],
    ],
    (g, [a, b]) => squaredReluLinear(g, a!, b!),
  ],
  [
    'batchMatMul',
    [
      [2, 3, 4],
      [2, 4, 5],
    ],
    (g, [a, b]) => ops.batchMatMul(g, a!, b!),
  ],
  [
    'batchMatMul, right transposed',
    [
      [2, 3, 4],
      [2, 5, 4],
    ],
    (g, [a, b]) => ops.batchMatMul(g, a!, b!, { transB: true, alpha: 0.3 }),
  ],
  [
    'batchMatMul, left transposed',
    [
      [2, 4, 3],
      [2, 4, 5],
    ],
    (g, [a, b]) => ops.batchMatMul(g, a!, b!, { transA: true }),
  ],
  [
    'batchMatMul, both transposed',
    [
      [2, 4, 3],
      [2, 5, 4],
    ],
    (g, [a, b]) => ops.batchMatMul(g, a!, b!, { transA: true, transB: true, alpha: 2 }),
  ],
  [
    'gemm, left transposed',
    [
      [4, 3],
      [4, 5],
    ],
    (g, [a, b]) => ops.gemm(g, a!, b!, true, false),
  ],
  ['softmax', [[3, 5]], (g, [a]) => ops.softmax(g, a!)],
  ['logSoftmax', [[3, 5]], (g, [a]) => ops.logSoftmax(g, a!)],
  ['normalize', [[3, 6]], (g, [a]) => ops.normalize(g, a!)],
  ['embed, a row twice', [[4, 3]], (g, [a]) => ops.embed(g, a!, g.int32s([1, 3, 1, 0]))],
  [
    'reshape and transpose',
    [[2, 3, 4]],
    (g, [a]) => ops.transpose(g, ops.reshape(g, a!, [4, 3, 2]), [2, 0, 1]),
  ],
  ['swapMiddle', [[2, 3, 4, 5]], (g, [a]) => ops.swapMiddle(g, a!)],
  [
    'concat and slice',
    [
      [2, 3],
      [2, 2],
    ],
    (g, [a, b]) => ops.slice(g, ops.concat(g, [a!, b!, a!], 1), 1, 1, 7),
  ],
  ['sumLast and meanAxis', [[2, 3, 4]], (g, [a]) => ops.meanAxis(g, ops.sumLast(g, a!), 1)],
  ['expand', [[3, 1]], (g, [a]) => ops.expand(g, a!, [2, 3, 4])],
];

describe('gradients', () => {
  it.each(CASES.map((one) => [one[0], one] as const))(
    'of %s agree with central differences',
    async (name, [, shapes, build, range]) => {
      await expectCentralDifferences(name, shapes, build, range);
    },
  );

  it('are null for a value that the loss does not depend on', () => {
    const g = new Graph();
    const [a, b] = [g.input('a', 'float32', [2]), g.input('b', 'float32', [2])];
    expect(gradients(g, ops.sumAll(g, a), [a, b]).map((x) => x !== null)).toEqual([true, false]);
  });

  it('refuse an operator without a gradient on the way, by its name', () => {
    const g = new Graph();
    const a = g.input('a', 'float32', [2]);
    const sign = g.apply('Sign', [a], 'float32', [2]);
    expect(() => gradients(g, ops.sumAll(g, ops.mul(g, a, sign)), [a])).toThrow(
      'through Sign, which has no gradient',
    );
    const lost = g.apply('ReduceMax', [a], 'float32', [], { keepdims: { int: 0 } });
    expect(() => gradients(g, lost, [a])).toThrow('through ReduceMax, which has no gradient');
    // Of constants nothing is lost.
    expect(
      gradients(g, ops.sumAll(g, ops.mul(g, a, g.apply('Sign', [g.scalar(2)], 'float32', []))), [a])[0],
    ).not.toBeNull();
  });

  it('refuse a loss that is not a scalar', () => {
    const g = new Graph();
    const a = g.input('a', 'float32', [2]);
    expect(() => gradients(g, a, [a])).toThrow('the loss must be a scalar, got [2]');
  });

  it('refuse shapes that do not fit when the graph is built', () => {
    const g = new Graph();
    const [a, b] = [g.input('a', 'float32', [2, 3]), g.input('b', 'float32', [2, 3])];
    expect(() => linear(g, a, b)).toThrow('[2, 3] · [2, 3] do not fit');
    expect(() => ops.add(g, a, g.input('c', 'float32', [4]))).toThrow('do not broadcast');
  });
});
