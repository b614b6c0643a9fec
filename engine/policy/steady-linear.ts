import type { Graph, Value } from '../graph/graph.js';
import { concat, linear, slice } from '../graph/ops.js';

/** onnxruntime's matrix product (MLAS) sums inner dimensions up to this in one go. */
const UNSPLIT_K = 128;

/**
 * x [M, K] · w [K, N], with sums that do not depend on M. Where M < N, MLAS shares N among its threads, and with it
 * changes where it splits a long K: the last bits then differ from those of a larger batch. Repeated
 * rows keep M ≥ N, so that a rollout's numbers are the trainer's, whatever it was batched with.
 */
export function steadyLinear(g: Graph, x: Value, w: Value): Value {
  const [m, k] = x.shape as [number, number];
  const n = w.shape[1]!;
  if (m >= n || k <= UNSPLIT_K) return linear(g, x, w);
  const copies = new Array<Value>(Math.ceil(n / m)).fill(x);
  return slice(g, linear(g, concat(g, copies, 0), w), 0, 0, m);
}
