import type { Graph, Value } from '../graph/graph.js';
import { cast, reshape, reshaped } from '../graph/ops.js';

/** How a token is chosen: the most probable, or drawn at a temperature from the whole distribution or its nucleus. */
export type Drawing = 'greedy' | 'drawn' | 'nucleus';

/**
 * Draws by inverting the cumulative distribution: the number of classes whose cumulated probability is ≤ u.
 *
 * @param logits [B, A]
 * @param uniform [B, 1] in [0, 1)
 * @param temperature []
 * @param topP []: draws from the nucleus, the fewest classes whose probabilities sum to at least this (Holtzman et al. 2020),
 *   classes as probable as its least included; null draws from all
 * @returns int32 [B]
 */
export function draw(
  g: Graph,
  logits: Value,
  uniform: Value,
  { temperature, topP }: { readonly temperature: Value; readonly topP: Value | null },
): Value {
  const [batch] = logits.shape as [number];
  const cooled = g.apply('Div', [logits, temperature], 'float32', logits.shape);
  const all = g.apply('Softmax', [cooled], 'float32', logits.shape, { axis: { int: -1 } });
  const probs = topP ? nucleus(g, all, topP) : all;
  const cumulated = g.apply('CumSum', [probs, g.int64s([1], [])], 'float32', logits.shape);
  const below = g.apply(
    'LessOrEqual',
    [cumulated, topP ? shareOf(g, cumulated, uniform) : uniform],
    'bool',
    logits.shape,
  );
  const count = g.apply('ReduceSum', [cast(g, below, 'int32'), g.int64s([1])], 'int32', [batch], {
    keepdims: { int: 0 },
  });
  // What rounding leaves above the last class falls to the last that can be drawn.
  return g.apply('Min', [count, lastDrawable(g, probs)], 'int32', [batch]);
}

/** The most probable class, the first of equals: int32 [B]. */
export function argMax(g: Graph, logits: Value): Value {
  const [batch] = logits.shape as [number, number];
  const best = g.apply('ArgMax', [logits], 'int64', [batch], { axis: { int: 1 }, keepdims: { int: 0 } });
  return cast(g, best, 'int32');
}

/** Probabilities outside the nucleus set to 0; what is left is not rescaled. */
function nucleus(g: Graph, probs: Value, topP: Value): Value {
  const [batch, classes] = probs.shape as [number, number];
  const [sorted] = g.applyMany(
    'TopK',
    [probs, g.int64s([classes])],
    [
      { dtype: 'float32', shape: probs.shape },
      { dtype: 'int64', shape: probs.shape },
    ],
  ) as [Value];
  const before = g.apply('CumSum', [sorted, g.int64s([1], [])], 'float32', probs.shape, {
    exclusive: { int: 1 },
  });
  const inside = g.apply('Less', [before, topP], 'bool', probs.shape);
  const kept = g.apply('Where', [inside, sorted, g.scalar(2)], 'float32', probs.shape);
  const least = g.apply('ReduceMin', [kept, g.int64s([1])], 'float32', [batch, 1], { keepdims: { int: 1 } });
  const chosen = g.apply('GreaterOrEqual', [probs, least], 'bool', probs.shape);
  return g.apply('Where', [chosen, probs, g.scalar(0)], 'float32', probs.shape);
}

/** u times the sum of all: the cumulated distribution's last column, whose sum has one order. */
function shareOf(g: Graph, cumulated: Value, uniform: Value): Value {
  const [batch, classes] = cumulated.shape as [number, number];
  const last = g.int64s([classes - 1]);
  const total = g.apply('Gather', [cumulated, last], 'float32', [batch, 1], { axis: { int: 1 } });
  return g.apply('Mul', [total, uniform], 'float32', [batch, 1]);
}

function lastDrawable(g: Graph, probs: Value): Value {
  const [batch] = probs.shape as [number, number];
  const possible = g.apply('Greater', [probs, g.scalar(0)], 'bool', probs.shape);
  const last = g.apply('ArgMax', [cast(g, possible, 'int32')], 'int64', [batch], {
    axis: { int: 1 },
    keepdims: { int: 0 },
    select_last_index: { int: 1 },
  });
  return cast(g, last, 'int32');
}

/** log softmax of rows [B, A] at ids int32 [B] → [B] */
export function logProbAt(g: Graph, logits: Value, ids: Value): Value {
  const [batch] = logits.shape as [number, number];
  const all = g.apply('LogSoftmax', [logits], 'float32', logits.shape, { axis: { int: -1 } });
  const index = reshaped(g, ids, [batch, 1]);
  const picked = g.apply('GatherElements', [all, index], 'float32', [batch, 1], { axis: { int: 1 } });
  return reshape(g, picked, [batch]);
}
