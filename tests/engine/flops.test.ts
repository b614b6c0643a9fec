import { describe, expect, it } from 'vitest';

import { matmulFlops } from '../../engine/graph/flops.js';
import { gradients } from '../../engine/graph/gradients.js';
import { Graph } from '../../engine/graph/graph.js';
import { linear } from '../../engine/graph/linear.js';
import { batchMatMul, gemm, mul, sumAll } from '../../engine/graph/ops.js';
import { supervisedGraph } from '../../engine/policy/training-graphs.js';

describe('counting the operations of a graph’s matrix products', () => {
  it('counts a multiplication and an addition for each product of two numbers', () => {
    const g = new Graph();
    g.output('y', linear(g, g.input('x', 'float32', [32, 5]), g.input('w', 'float32', [5, 7])));
    expect(matmulFlops(g)).toEqual({ all: 2 * 32 * 5 * 7, linear: 2 * 32 * 5 * 7, attention: 0 });
  });

  it('sums over the dimension that is summed over where an input is transposed', () => {
    const g = new Graph();
    const [a, b] = [g.input('a', 'float32', [5, 3]), g.input('b', 'float32', [7, 5])];
    g.output('y', gemm(g, a, b, true, true));
    expect(matmulFlops(g).all).toBe(2 * 3 * 5 * 7);
  });

  it('tells products of two stacks of matrices, which are attention’s, from layers', () => {
    const g = new Graph();
    const [q, k] = [g.input('q', 'float32', [2, 4, 6, 8]), g.input('k', 'float32', [2, 4, 9, 8])];
    g.output('y', batchMatMul(g, q, k, { transB: true }));
    expect(matmulFlops(g)).toEqual({
      all: 2 * 2 * 4 * 6 * 9 * 8,
      linear: 0,
      attention: 2 * 2 * 4 * 6 * 9 * 8,
    });
  });

  it('counts what the model holds: nothing that no output needs', () => {
    const g = new Graph();
    const [x, w] = [g.input('x', 'float32', [32, 5]), g.input('w', 'float32', [5, 7])];
    linear(g, x, w);
    g.output('y', mul(g, x, x));
    expect(matmulFlops(g).all).toBe(0);
  });

  it('finds two products behind each layer, one for either input', () => {
    const g = new Graph();
    const [x, w] = [g.input('x', 'float32', [32, 5]), g.input('w', 'float32', [5, 7])];
    const loss = sumAll(g, mul(g, linear(g, x, w), linear(g, x, w)));
    gradients(g, loss, [x, w]).forEach((grad, i) => g.output(`grad${i}`, grad!));
    expect(matmulFlops(g).all).toBe(2 * 3 * (2 * 32 * 5 * 7));
  });

  it('refuses a product that it cannot count, by name', () => {
    const g = new Graph();
    const x = g.input('x', 'float32', [1, 1, 4, 4]);
    g.output('y', g.apply('Conv', [x, g.input('w', 'float32', [1, 1, 2, 2])], 'float32', [1, 1, 3, 3]));
    expect(() => matmulFlops(g)).toThrow('got Conv');
  });

  it('finds six operations a parameter and token, or nearly, in a step of a wide policy', () => {
    const spec = { width: 256, layers: 4, heads: 4, maxLooks: 3 };
    const tokens = 16 * 54;
    const trunk = 12 * spec.layers * spec.width ** 2;
    const { linear: counted } = matmulFlops(
      supervisedGraph(spec, { batch: 16, looks: 1 }, { auxiliary: true, glance: true }),
    );
    // The trunk's share; vision, glance and heads come on top.
    expect(counted).toBeGreaterThan(6 * trunk * tokens);
    expect(counted).toBeLessThan(1.5 * 6 * trunk * tokens);
  });
});
