import { ELEMENT_TYPE, type DataType } from '../onnx/schema.js';
import { sizeOf, type Graph, type Shape, type Value } from './graph.js';

/**
 * Differentiable operators, each with its gradient beside it. Shape legend: B batch, L length, D width, and
 * `…` for any leading dimensions. Every function checks shapes when the graph is built.
 */

export function add(g: Graph, a: Value, b: Value): Value {
  const y = g.apply('Add', [a, b], 'float32', broadcast('Add', a.shape, b.shape));
  return g.record([a, b], y, (dy) => [sumTo(g, dy, a.shape), sumTo(g, dy, b.shape)]);
}

export function sub(g: Graph, a: Value, b: Value): Value {
  const y = g.apply('Sub', [a, b], 'float32', broadcast('Sub', a.shape, b.shape));
  return g.record([a, b], y, (dy) => [sumTo(g, dy, a.shape), sumTo(g, neg(g, dy), b.shape)]);
}

export function mul(g: Graph, a: Value, b: Value): Value {
  const y = g.apply('Mul', [a, b], 'float32', broadcast('Mul', a.shape, b.shape));
  return g.record([a, b], y, (dy) => [sumTo(g, mul(g, dy, b), a.shape), sumTo(g, mul(g, dy, a), b.shape)]);
}

export function div(g: Graph, a: Value, b: Value): Value {
  const y = g.apply('Div', [a, b], 'float32', broadcast('Div', a.shape, b.shape));
  return g.record([a, b], y, (dy) => {
    const da = div(g, dy, b);
    return [sumTo(g, da, a.shape), sumTo(g, neg(g, mul(g, da, y)), b.shape)];
  });
}

export function neg(g: Graph, x: Value): Value {
  const y = g.apply('Neg', [x], 'float32', x.shape);
  return g.record([x], y, (dy) => [neg(g, dy)]);
}

export function scale(g: Graph, x: Value, by: number): Value {
  return mul(g, x, g.scalar(by));
}

export function exp(g: Graph, x: Value): Value {
  const y = g.apply('Exp', [x], 'float32', x.shape);
  return g.record([x], y, (dy) => [mul(g, dy, y)]);
}

export function log(g: Graph, x: Value): Value {
  const y = g.apply('Log', [x], 'float32', x.shape);
  return g.record([x], y, (dy) => [div(g, dy, x)]);
}

export function sqrt(g: Graph, x: Value): Value {
  const y = g.apply('Sqrt', [x], 'float32', x.shape);
  return g.record([x], y, (dy) => [div(g, dy, scale(g, y, 2))]);
}

/** relu(x)² (So et al. 2021, Primer). Before a product, `squaredReluLinear` saves a pass of its gradient. */
export function squaredRelu(g: Graph, x: Value): Value {
  const r = g.apply('Relu', [x], 'float32', x.shape);
  const y = g.apply('Mul', [r, r], 'float32', x.shape);
  return g.record([x], y, (dy) => [mul(g, dy, scale(g, r, 2))]);
}

/** min(a, b) of equal shapes; where they are equal the gradient goes to `a`. */
export function minimum(g: Graph, a: Value, b: Value): Value {
  const y = g.apply('Min', [a, b], 'float32', broadcast('Min', a.shape, b.shape));
  return g.record([a, b], y, (dy) => {
    const first = g.apply('LessOrEqual', [a, b], 'bool', y.shape);
    const zero = g.scalar(0);
    return [
      sumTo(g, g.apply('Where', [first, dy, zero], 'float32', y.shape), a.shape),
      sumTo(g, g.apply('Where', [first, zero, dy], 'float32', y.shape), b.shape),
    ];
  });
}

/** x limited to [lo, hi]; the gradient is zero outside. */
export function clamp(g: Graph, x: Value, lo: number, hi: number): Value {
  const y = g.apply('Clip', [x, g.scalar(lo), g.scalar(hi)], 'float32', x.shape);
  return g.record([x], y, (dy) => {
    const inside = g.apply('Equal', [x, y], 'bool', x.shape);
    return [g.apply('Where', [inside, dy, g.scalar(0)], 'float32', x.shape)];
  });
}

/** Batched a · b over equal leading dimensions, either side transposed in its last two, times `alpha`. */
export function batchMatMul(
  g: Graph,
  a: Value,
  b: Value,
  { transA = false, transB = false, alpha = 1 }: { transA?: boolean; transB?: boolean; alpha?: number } = {},
): Value {
  const lead = a.shape.slice(0, -2);
  const [am, ak] = lastTwo(a.shape, transA);
  const [bk, bn] = lastTwo(b.shape, transB);
  if (ak !== bk || lead.join() !== b.shape.slice(0, -2).join())
    throw new RangeError(`batchMatMul: [${a.shape.join(', ')}] and [${b.shape.join(', ')}] do not fit`);
  const y = g.apply(
    'FusedMatMul',
    [a, b],
    'float32',
    [...lead, am, bn],
    { transA: { int: Number(transA) }, transB: { int: Number(transB) }, alpha: { float: alpha } },
    'com.microsoft',
  );
  return g.record([a, b], y, (dy) => [
    transA
      ? batchMatMul(g, b, dy, { transA: transB, transB: true, alpha })
      : batchMatMul(g, dy, b, { transB: !transB, alpha }),
    transB
      ? batchMatMul(g, dy, a, { transA: true, transB: transA, alpha })
      : batchMatMul(g, a, dy, { transA: !transA, alpha }),
  ]);
}

/** Softmax over the last dimension. */
export function softmax(g: Graph, x: Value): Value {
  const y = g.apply('Softmax', [x], 'float32', x.shape, { axis: { int: -1 } });
  return g.record([x], y, (dy) => {
    const inner = sumLast(g, mul(g, dy, y));
    return [mul(g, sub(g, dy, inner), y)];
  });
}

/** log softmax over the last dimension. */
export function logSoftmax(g: Graph, x: Value): Value {
  const y = g.apply('LogSoftmax', [x], 'float32', x.shape, { axis: { int: -1 } });
  return g.record([x], y, (dy) => [sub(g, dy, mul(g, exp(g, y), sumLast(g, dy)))]);
}

/**
 * Normalises the last dimension to mean 0 and deviation 1, without gain or bias (the linear layer
 * that follows can hold both).
 */
export function normalize(g: Graph, x: Value, eps = 1e-5): Value {
  const d = x.shape.at(-1)!;
  const statShape = [...x.shape.slice(0, -1), 1];
  const ones = g.floats(new Float32Array(d).fill(1), [d]);
  const [y, , inv] = g.applyMany(
    'LayerNormalization',
    [x, ones],
    [
      { dtype: 'float32', shape: x.shape },
      { dtype: 'float32', shape: statShape },
      { dtype: 'float32', shape: statShape },
    ],
    { axis: { int: -1 }, epsilon: { float: eps } },
  ) as [Value, Value, Value];
  return g.record([x], y, (dy) => {
    const along = meanLast(g, mul(g, dy, y));
    const centred = sub(g, sub(g, dy, meanLast(g, dy)), mul(g, y, along));
    return [mul(g, centred, inv)];
  });
}

/** Rows of `table` [V, D] at `ids` (int32, any shape …) → […, D]. */
export function embed(g: Graph, table: Value, ids: Value): Value {
  const [vocabulary, d] = matrix('embed', table);
  const y = g.apply('Gather', [table, ids], 'float32', [...ids.shape, d], { axis: { int: 0 } });
  return g.record([table, ids], y, (dy) => {
    // A matrix product with one-hot rows: scatter-adds in ORT sum in an order that threads decide.
    const rows = sizeOf(ids.shape);
    const hot = oneHot(g, reshape(g, ids, [rows]), vocabulary);
    return [gemm(g, hot, reshape(g, dy, [rows, d]), true, false), null];
  });
}

/** One-hot rows of int32 `ids` [N] → float [N, classes]. Not differentiable. */
export function oneHot(g: Graph, ids: Value, classes: number): Value {
  const n = sizeOf(ids.shape);
  const column = reshaped(g, ids, [n, 1]);
  const range = g.int32s([...Array(classes).keys()], [1, classes]);
  const equal = g.apply('Equal', [column, range], 'bool', [n, classes]);
  return cast(g, equal, 'float32');
}

export function reshape(g: Graph, x: Value, shape: Shape): Value {
  if (sizeOf(shape) !== sizeOf(x.shape))
    throw new RangeError(`reshape: [${x.shape.join(', ')}] has not the size of [${shape.join(', ')}]`);
  const y = reshaped(g, x, shape);
  return g.record([x], y, (dy) => [reshape(g, dy, x.shape)]);
}

/** `reshape` off the tape, for within an operator. A 0 in the shape is an edge of length 0, not ONNX's "as before". */
export function reshaped(g: Graph, x: Value, shape: Shape): Value {
  const literally = shape.includes(0) ? { allowzero: { int: 1 } } : {};
  return g.apply('Reshape', [x, g.int64s(shape)], x.dtype, shape, literally);
}

export function transpose(g: Graph, x: Value, perm: readonly number[]): Value {
  const y = g.apply(
    'Transpose',
    [x],
    x.dtype,
    perm.map((p) => x.shape[p]!),
    { perm: { ints: perm } },
  );
  const inverse = perm.map((_, axis) => perm.indexOf(axis));
  return g.record([x], y, (dy) => [transpose(g, dy, inverse)]);
}

/**
 * [A, B, C, D] → [A, C, B, D]: what attention does to come to heads and back. As a gather of rows, which all threads share;
 * onnxruntime's Transpose moves them on one.
 */
export function swapMiddle(g: Graph, x: Value): Value {
  const [a, b, c, d] = x.shape as [number, number, number, number];
  const rows = Array.from({ length: a * b * c }, (_, i) => {
    const [outer, k, j] = [Math.floor(i / (b * c)), Math.floor(i / b) % c, i % b];
    return (outer * b + j) * c + k;
  });
  const flat = reshaped(g, x, [a * b * c, d]);
  const moved = g.apply('Gather', [flat, g.int32s(rows)], 'float32', [a * b * c, d], { axis: { int: 0 } });
  const y = reshaped(g, moved, [a, c, b, d]);
  return g.record([x], y, (dy) => [swapMiddle(g, dy)]);
}

export function concat(g: Graph, parts: readonly Value[], axis: number): Value {
  const first = parts[0]!;
  const shape = first.shape.map((d, i) => (i === axis ? parts.reduce((sum, p) => sum + p.shape[i]!, 0) : d));
  for (const p of parts)
    if (p.shape.some((d, i) => i !== axis && d !== first.shape[i]))
      throw new RangeError(
        `concat: [${p.shape.join(', ')}] beside [${first.shape.join(', ')}] on axis ${axis}`,
      );
  const y = g.apply('Concat', parts, first.dtype, shape, { axis: { int: axis } });
  return g.record(parts, y, (dy) => {
    let start = 0;
    return parts.map((p) => slice(g, dy, axis, start, (start += p.shape[axis]!)));
  });
}

/** x[start:end] along one axis. */
export function slice(g: Graph, x: Value, axis: number, start: number, end: number): Value {
  const shape = x.shape.map((d, i) => (i === axis ? end - start : d));
  if (start < 0 || end > x.shape[axis]! || end < start)
    throw new RangeError(`slice: ${start}:${end} of [${x.shape.join(', ')}] on axis ${axis}`);
  const y = g.apply('Slice', [x, g.int64s([start]), g.int64s([end]), g.int64s([axis])], x.dtype, shape);
  return g.record([x], y, (dy) => {
    const pads = new Array<number>(2 * x.shape.length).fill(0);
    pads[axis] = start;
    pads[axis + x.shape.length] = x.shape[axis]! - end;
    return [g.apply('Pad', [dy, g.int64s(pads)], 'float32', x.shape)];
  });
}

/** Sum of everything → scalar []. */
export function sumAll(g: Graph, x: Value): Value {
  const y = g.apply('ReduceSum', [x], 'float32', [], { keepdims: { int: 0 } });
  return g.record([x], y, (dy) => [expand(g, dy, x.shape)]);
}

/** Sum over the last dimension, kept as 1. */
export function sumLast(g: Graph, x: Value): Value {
  const shape = [...x.shape.slice(0, -1), 1];
  const y = g.apply('ReduceSum', [x, g.int64s([-1])], 'float32', shape, { keepdims: { int: 1 } });
  return g.record([x], y, (dy) => [expand(g, dy, x.shape)]);
}

/** Mean over the last dimension, kept as 1. */
export function meanLast(g: Graph, x: Value): Value {
  return scale(g, sumLast(g, x), 1 / x.shape.at(-1)!);
}

/** Mean over one dimension, dropped. */
export function meanAxis(g: Graph, x: Value, axis: number): Value {
  const kept = x.shape.map((d, i) => (i === axis ? 1 : d));
  const dropped = x.shape.filter((_, i) => i !== axis);
  const y = g.apply('ReduceMean', [x, g.int64s([axis])], 'float32', dropped, { keepdims: { int: 0 } });
  return g.record([x], y, (dy) => [scale(g, expand(g, reshape(g, dy, kept), x.shape), 1 / x.shape[axis]!)]);
}

/** Repeats to a larger shape, by ONNX's broadcasting rules. */
export function expand(g: Graph, x: Value, shape: Shape): Value {
  const y = g.apply('Expand', [x, g.int64s(shape)], x.dtype, shape);
  return g.record([x], y, (dy) => [sumTo(g, dy, x.shape)]);
}

/** The same numbers as another type. Not differentiable. */
export function cast(g: Graph, x: Value, dtype: DataType): Value {
  return g.apply('Cast', [x], dtype, x.shape, { to: { int: ELEMENT_TYPE[dtype] } });
}

/** 2-D product for gradients, times `alpha`: a or b transposed without a copy. */
export function gemm(g: Graph, a: Value, b: Value, transA: boolean, transB: boolean, alpha = 1): Value {
  const [m, k] = lastTwo(a.shape, transA);
  const [k2, n] = lastTwo(b.shape, transB);
  if (k !== k2) throw new RangeError(`gemm: inner dimensions ${k} and ${k2} differ`);
  const y = g.apply('Gemm', [a, b], 'float32', [m, n], {
    transA: { int: Number(transA) },
    transB: { int: Number(transB) },
    ...(alpha === 1 ? {} : { alpha: { float: alpha } }),
  });
  return g.record([a, b], y, (dy) => [
    transA ? gemm(g, b, dy, transB, true, alpha) : gemm(g, dy, b, false, !transB, alpha),
    transB ? gemm(g, dy, a, true, transA, alpha) : gemm(g, a, dy, !transA, false, alpha),
  ]);
}

/** Undoes broadcasting: sums `x` down to `shape`. */
export function sumTo(g: Graph, x: Value, shape: Shape): Value {
  if (x.shape.join() === shape.join()) return x;
  // A sum of nothing is 0; onnxruntime leaves an edge of length 0 as it is.
  if (sizeOf(x.shape) === 0) return g.floats(new Float32Array(sizeOf(shape)), shape);
  const lead = x.shape.length - shape.length;
  const axes = x.shape.flatMap((d, i) => (i < lead || (shape[i - lead] === 1 && d !== 1) ? [i] : []));
  const kept = x.shape.map((d, i) => (axes.includes(i) ? 1 : d));
  const summed = g.apply('ReduceSum', [x, g.int64s(axes)], 'float32', kept, { keepdims: { int: 1 } });
  const y = reshaped(g, summed, shape);
  return g.record([x], y, (dy) => [expand(g, reshape(g, dy, kept), x.shape)]);
}

function broadcast(op: string, a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[i - rank + a.length] ?? 1;
    const y = b[i - rank + b.length] ?? 1;
    if (x !== y && x !== 1 && y !== 1)
      throw new RangeError(`${op}: [${a.join(', ')}] and [${b.join(', ')}] do not broadcast`);
    return x === 1 ? y : x;
  });
}

export function matrix(op: string, x: Value): readonly [number, number] {
  if (x.shape.length !== 2) throw new RangeError(`${op}: expected a matrix, got [${x.shape.join(', ')}]`);
  return x.shape as unknown as readonly [number, number];
}

function lastTwo(shape: Shape, transposed: boolean): readonly [number, number] {
  const [m, k] = [shape.at(-2)!, shape.at(-1)!];
  return transposed ? [k, m] : [m, k];
}
