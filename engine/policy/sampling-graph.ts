import {
  ANSWER,
  EDGE_PLACE,
  END,
  FIRST_BIN,
  FIRST_FRAME,
  FRAME_PLACE,
  MAX_FRAMES,
  PAD,
  SLOT,
} from '../../domain/protocol/compact.js';
import { Graph, type Value } from '../graph/graph.js';
import { add, batchMatMul, concat, embed, logSoftmax, reshape, slice } from '../graph/ops.js';
import { actionLogits, boxLogits, copiedEdge, frameOneHot, onTokens, shownMarks, TOP_EDGE } from './heads.js';
import { param, parameterInputs, type Parameters } from './params.js';
import { BOX_BINS, MAX_ROWS, PROMPT, TURN, type PolicySpec } from './spec.js';
import type { BatchShape } from './training-graphs.js';
import { causalMask, embedSequence, layers, sequenceInputs } from './trunk.js';

/**
 * One whole turn of B rollouts in one graph: prefill of what came before, then the seven tokens of the
 * action slot one after the other over a cache of keys and values, drawn by the uniforms that come in.
 * No token crosses into JavaScript before the turn is done.
 *
 * Extra inputs: `uniforms` float [B, 7] in [0, 1), `temperature` float [], `forced` int32 [B] (1: the turn must
 * answer). Outputs: `tokens` int32 [B, 7], `logProbs` float [B, 7] at temperature 1.
 */
export function samplingGraph(spec: PolicySpec, { batch, looks }: BatchShape, greedy: boolean): Graph {
  const g = new Graph();
  const p = parameterInputs(g, spec);
  const x = sequenceInputs(g, batch, looks, looks);
  const forced = g.input('forced', 'int32', [batch]);
  const uniforms = greedy ? null : g.input('uniforms', 'float32', [batch, SLOT]);
  const temperature = greedy ? null : g.input('temperature', 'float32', []);
  const length = PROMPT + looks * TURN;
  const prefill = layers(g, spec, p, embedSequence(g, p, x), causalMask(g, length));
  const end = (y: Value): Value => reshape(g, slice(g, y, 1, length - 1, length), [batch, y.shape[2]!]);
  const frames = prefill.frames!;
  const boxes = boxLogits(g, p, prefill.middle);
  const shown = x.lookKinds ? lastOf(g, shownMarks(g, p, prefill.middle, x.lookKinds)) : null;
  let last = end(prefill.out);
  let scores = end(prefill.scores!);
  let caches = prefill.caches;
  let done = g.int32s(new Array<number>(batch).fill(0), [batch]);
  const tokens: Value[] = [];
  const logProbs: Value[] = [];
  for (let place = 0; place < SLOT; place++) {
    const logits = placeLogits(g, p, {
      place,
      last,
      scores,
      boxes,
      shown,
      named: tokens[FRAME_PLACE] ?? null,
    });
    const drawn = uniforms ? draw(g, logits, column(g, uniforms, place), temperature!) : argMax(g, logits);
    const chosen = place === 0 ? where(g, forced, g.int32s([ANSWER], [1]), drawn) : drawn;
    const token = where(g, done, g.int32s([PAD], [1]), chosen);
    tokens.push(token);
    logProbs.push(at(g, logSoftmax(g, logits), token));
    const ended = g.apply('Equal', [token, g.int32s([END], [1])], 'bool', [batch]);
    done = g.apply('Max', [done, cast(g, ended, 6, 'int32')], 'int32', [batch]);
    if (place === SLOT - 1) break;
    const vector = tokenVector(g, p, token, place, looks);
    const next = layers(g, spec, p, vector, null, { past: caches, glance: frames });
    caches = next.caches;
    last = reshape(g, next.out, [batch, spec.width]);
    scores = reshape(g, next.scores!, [batch, next.scores!.shape[2]!]);
  }
  g.output('tokens', stack(g, tokens, 'int32'));
  g.output('logProbs', stack(g, logProbs, 'float32'));
  return g;
}

/** x [B, n, W] → [B, W], its last row. */
function lastOf(g: Graph, x: Value): Value {
  const [batch, count, width] = x.shape as [number, number, number];
  return reshape(g, slice(g, x, 1, count - 1, count), [batch, width]);
}

/** Logits of one place: the head's own, with the frames that the glance has in mind or the edges of the named frame. */
function placeLogits(
  g: Graph,
  p: Parameters,
  at: {
    readonly place: number;
    readonly last: Value;
    readonly scores: Value;
    readonly boxes: Value;
    readonly shown: Value | null;
    readonly named: Value | null;
  },
): Value {
  const own = actionLogits(g, p, at.last);
  // The sums are the trainer's, zeros included: x + 0 is x, so a place adds only what is not zero there.
  if (at.place === FRAME_PLACE) return add(g, own, onTokens(g, at.scores, FIRST_FRAME));
  const edge = at.place - EDGE_PLACE;
  if (!at.named || edge < 0 || edge >= 4) return own;
  const [batch] = at.last.shape as [number];
  const hot = reshape(g, frameOneHot(g, at.named), [batch, 1, MAX_FRAMES]);
  const chosen = batchMatMul(g, concat(g, [hot, hot], 1), at.boxes);
  const one = reshape(g, slice(g, chosen, 1, 0, 1), [batch, MAX_ROWS, 4, BOX_BINS]);
  const ofEdge = (index: number): Value =>
    reshape(g, slice(g, one, 2, index, index + 1), [batch, MAX_ROWS * BOX_BINS]);
  const copied = copiedEdge(g, p, at.last, {
    boxes: ofEdge(edge),
    tops: ofEdge(TOP_EDGE),
    shown: at.shown,
  });
  return add(g, own, onTokens(g, copied, FIRST_BIN));
}

/** The token at `place` of the action slot of turn `turn` as a vector [B, 1, D]: the same sums as in training, in the same order. */
function tokenVector(
  g: Graph,
  p: ReadonlyMap<string, Value>,
  token: Value,
  place: number,
  turn: number,
): Value {
  const [batch] = token.shape as [number];
  const ids = reshape(g, token, [batch, 1]);
  const x = embed(g, param(p, 'embed.tokens'), ids);
  const placed = add(g, x, slice(g, param(p, 'embed.place'), 0, place, place + 1));
  return add(g, placed, slice(g, param(p, 'embed.turn'), 0, turn, turn + 1));
}

/** Draws by inverting the cumulative distribution: the number of classes whose cumulated probability is ≤ u. */
function draw(g: Graph, logits: Value, uniform: Value, temperature: Value): Value {
  const [batch, classes] = logits.shape as [number, number];
  const cooled = g.apply('Div', [logits, temperature], 'float32', logits.shape);
  const probs = g.apply('Softmax', [cooled], 'float32', logits.shape, { axis: { int: -1 } });
  const cumulated = g.apply('CumSum', [probs, g.int64s([1], [])], 'float32', logits.shape);
  const below = g.apply('LessOrEqual', [cumulated, uniform], 'bool', logits.shape);
  const count = g.apply('ReduceSum', [cast(g, below, 6, 'int32'), g.int64s([1])], 'int32', [batch], {
    keepdims: { int: 0 },
  });
  return g.apply('Min', [count, g.int32s([classes - 1], [1])], 'int32', [batch]);
}

function argMax(g: Graph, logits: Value): Value {
  const [batch] = logits.shape as [number, number];
  const best = g.apply('ArgMax', [logits], 'int64', [batch], { axis: { int: 1 }, keepdims: { int: 0 } });
  return cast(g, best, 6, 'int32');
}

/** rows[i, ids[i]] → [B] */
function at(g: Graph, rows: Value, ids: Value): Value {
  const [batch] = rows.shape as [number, number];
  const index = g.apply('Reshape', [ids, g.int64s([batch, 1])], 'int32', [batch, 1]);
  const picked = g.apply('GatherElements', [rows, index], 'float32', [batch, 1], { axis: { int: 1 } });
  return reshape(g, picked, [batch]);
}

function where(g: Graph, flag: Value, yes: Value, no: Value): Value {
  const bool = g.apply('Cast', [flag], 'bool', flag.shape, { to: { int: 9 } });
  return g.apply('Where', [bool, yes, no], 'int32', no.shape);
}

function column(g: Graph, x: Value, index: number): Value {
  return slice(g, x, 1, index, index + 1);
}

function cast(g: Graph, x: Value, to: number, dtype: 'int32' | 'float32'): Value {
  return g.apply('Cast', [x], dtype, x.shape, { to: { int: to } });
}

function stack(g: Graph, columns: readonly Value[], dtype: 'int32' | 'float32'): Value {
  const [batch] = columns[0]!.shape as [number];
  const wide = columns.map((c) => g.apply('Reshape', [c, g.int64s([batch, 1])], dtype, [batch, 1]));
  return g.apply('Concat', wide, dtype, [batch, columns.length], { axis: { int: 1 } });
}
