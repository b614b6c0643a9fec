import type { Graph, Value } from './graph.js';
import { gemm, matrix, mul, reshaped, sumTo } from './ops.js';

/**
 * Matrix products with weights, whose sums do not depend on the number of rows nor on the threads: a rollout's numbers are
 * the trainer's, whatever it was batched with.
 */

/** x [M, K] · w [K, N] → [M, N]. */
export function linear(g: Graph, x: Value, w: Value): Value {
  return g.record([x, w], product(g, x, w), (dy) => [
    gemm(g, dy, w, false, true),
    gemm(g, x, dy, true, false),
  ]);
}

/** x [M, K] · w [K, N] + bias [N] → [M, N]. The sum begins with the bias, in every batch. */
export function affine(g: Graph, x: Value, w: Value, bias: Value): Value {
  const n = bias.shape[0]!;
  const y = product(g, x, w, bias);
  return g.record([x, w, bias], y, (dy) => [
    gemm(g, dy, w, false, true),
    gemm(g, x, dy, true, false),
    sumTo(g, dy, [n]),
  ]);
}

/**
 * relu(x)² · w of x [M, K] and w [K, N]. Differentiated as one: the 2 of the square's gradient goes into the product,
 * for the widest tensor of a layer is not worth one more pass.
 */
export function squaredReluLinear(g: Graph, x: Value, w: Value): Value {
  const r = g.apply('Relu', [x], 'float32', x.shape);
  const squared = g.apply('Mul', [r, r], 'float32', x.shape);
  return g.record([x, w], product(g, squared, w), (dy) => [
    mul(g, gemm(g, dy, w, false, true, 2), r),
    gemm(g, squared, dy, true, false),
  ]);
}

/** More would cut the columns of a product into slices so narrow that long sums are split elsewhere. */
export const MAX_THREADS = 8;

/** onnxruntime's matrix product (MLAS) sums inner dimensions up to this in one go. */
const UNSPLIT_K = 128;
/** Columns of a thread’s slice, in whole sixteens, below which it splits a longer sum at other places. */
const NARROW = 80;

/**
 * The product itself. Where M < N, MLAS shares the N columns among its threads, and where it splits a long K depends on
 * how many columns a thread has; where M ≥ N it shares rows, and a thread with a single row takes a matrix-vector
 * kernel that sums in another order. Repeated rows keep a small M from both.
 */
function product(g: Graph, x: Value, w: Value, bias: Value | null = null): Value {
  const [m, k] = matrix('linear', x);
  const [k2, n] = matrix('linear', w);
  if (k !== k2) throw new RangeError(`linear: [${m}, ${k}] · [${k2}, ${n}] do not fit`);
  const splits = k > UNSPLIT_K && n <= NARROW * MAX_THREADS;
  const rows = Math.max(2 * MAX_THREADS, splits ? n : 0);
  if (m >= rows || m === 0) return multiplied(g, x, w, bias);
  const copies = Math.ceil(rows / m);
  const repeated = g.apply('Tile', [x, g.int64s([copies, 1])], 'float32', [copies * m, k]);
  const all = multiplied(g, repeated, w, bias);
  return g.apply('Slice', [all, g.int64s([0]), g.int64s([m]), g.int64s([0])], 'float32', [m, n]);
}

function multiplied(g: Graph, x: Value, w: Value, bias: Value | null): Value {
  const [m, k] = x.shape as [number, number];
  const n = w.shape[1]!;
  if (bias) return g.apply('Gemm', [x, w, bias], 'float32', [m, n]);
  if (k <= UNSPLIT_K) return g.apply('MatMul', [x, w], 'float32', [m, n]);
  // onnxruntime makes one kernel of a 2-D product and the addition behind it, and a split sum then begins with what
  // was to be added. It does so where it can, which is not in every batch; with one more dimension, nowhere.
  const deep = reshaped(g, x, [1, m, k]);
  const y = g.apply('MatMul', [deep, w], 'float32', [1, m, n]);
  return reshaped(g, y, [m, n]);
}
