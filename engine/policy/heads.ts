import { ACTION_TOKENS, FIRST_FRAME, MAX_FRAMES, SLOT } from '../../domain/protocol/compact.js';
import type { Graph, Value } from '../graph/graph.js';
import { linear } from '../graph/linear.js';
import {
  add,
  cast,
  concat,
  meanAxis,
  mul,
  normalize,
  oneHot,
  reshape,
  scale,
  slice,
  softmax,
} from '../graph/ops.js';
import { param, type Parameters } from './params.js';
import {
  ASKED_CLASSES,
  BOX_BINS,
  CLIP,
  KIND_COUNT,
  LOOK_CLIP,
  LOOK_TOKENS,
  MARK_CLASSES,
  MAX_ROWS,
  PROMPT,
  SCENE_OUTPUTS,
  THUMB,
  TURN,
} from './spec.js';

/** The second of a box's four edges, x1 y1 x2 y2. */
export const TOP_EDGE = 1;

/** Logits over action tokens of x [N, D] → [N, ACTION_TOKENS]. */
export function actionLogits(g: Graph, p: Parameters, x: Value): Value {
  return linear(g, normalize(g, x), param(p, 'head.action'));
}

/** Logits [N, W] of the W tokens from `first` on, as logits over all action tokens: 0 elsewhere. */
export function onTokens(g: Graph, logits: Value, first: number): Value {
  const [n, width] = logits.shape as [number, number];
  const zeros = (count: number): Value => g.floats(new Float32Array(n * count), [n, count]);
  return concat(g, [zeros(first), logits, zeros(ACTION_TOKENS - first - width)], 1);
}

/** What the dense supervision's head says of each frame: [B · 8, SCENE_OUTPUTS] of the middle of the network [B, L, D]. */
export function sceneLogits(g: Graph, p: Parameters, middle: Value): Value {
  return linear(g, sceneRows(g, middle), param(p, 'head.scene'));
}

/** Logits of the boxes of each frame's texts, [B, 8, rows · 4 · bins]. */
export function boxLogits(g: Graph, p: Parameters, middle: Value): Value {
  const [batch] = middle.shape as [number];
  const boxes = slice(g, sceneLogits(g, p, middle), 1, KIND_COUNT + ASKED_CLASSES, SCENE_OUTPUTS);
  return reshape(g, boxes, [batch, MAX_FRAMES, MAX_ROWS * 4 * BOX_BINS]);
}

/**
 * Logits of the edge tokens, copied from the policy's own idea of where the texts of the chosen frame stand.
 *
 * @param x [N, D]: the positions that predict an edge
 * @param boxes [N, rows · bins]: that edge's logits for each row of the chosen frame
 * @param tops [N, rows · bins]: the same of the upper edges
 * @param shown [N, 18 · marks]: what the look before showed where, or null where there was no look
 * @returns [N, bins]: their mean, weighted by which row x has in mind: by its place, or by the mark beside it
 */
export function copiedEdge(
  g: Graph,
  p: Parameters,
  x: Value,
  { boxes, tops, shown }: { readonly boxes: Value; readonly tops: Value; readonly shown: Value | null },
): Value {
  const [n] = x.shape as [number];
  const own = normalize(g, x);
  const byPlace = linear(g, own, param(p, 'glance.row'));
  const logits = shown ? add(g, byPlace, byMark(g, p, own, tops, shown)) : byPlace;
  const weighted = mul(
    g,
    reshape(g, boxes, [n, MAX_ROWS, BOX_BINS]),
    reshape(g, softmax(g, logits), [n, MAX_ROWS, 1]),
  );
  return scale(g, meanAxis(g, weighted, 1), MAX_ROWS);
}

/**
 * How much each row stands at the height of the mark in mind, [N, rows]. Which mark is learnt; how the levels of a clip and
 * the bins of an upper edge lie to each other is geometry (learnt as well, neither was found: lookups stayed at chance).
 */
function byMark(g: Graph, p: Parameters, x: Value, tops: Value, shown: Value): Value {
  const [n] = x.shape as [number];
  const wanted = reshape(g, linear(g, x, param(p, 'glance.mark')), [n, 1, MARK_CLASSES]);
  const fits = steadySum(g, mul(g, reshape(g, shown, [n, LOOK_TOKENS, MARK_CLASSES]), wanted));
  const levels = steadySum(g, reshape(g, fits, [n, CLIP.rows, CLIP.columns]));
  const height = linear(g, reshape(g, levels, [n, CLIP.rows]), g.floats(LEVEL_OF_TOP, [CLIP.rows, BOX_BINS]));
  const at = softmax(g, reshape(g, tops, [n, MAX_ROWS, BOX_BINS]));
  return reshape(g, steadySum(g, mul(g, at, reshape(g, height, [n, 1, BOX_BINS]))), [n, MAX_ROWS]);
}

/** Bins from a text's upper edge to its middle. */
const HALF_TEXT_BINS = 1.5;

/** [levels, bins]: 1 where a text with its upper edge in a bin has its middle at a level's own, 0 a whole level away. */
const LEVEL_OF_TOP = Float32Array.from({ length: CLIP.rows * BOX_BINS }, (_, i) => {
  const [level, bin] = [Math.floor(i / BOX_BINS), i % BOX_BINS];
  const middle = ((bin + HALF_TEXT_BINS) / BOX_BINS) * CLIP.rows - 0.5;
  return Math.max(0, 1 - Math.abs(middle - level));
});

/**
 * Σ over the last dimension, one by one: how a reduction over so few numbers sums depends on where in memory a row
 * begins, and a rollout's numbers would on its batch.
 */
function steadySum(g: Graph, x: Value): Value {
  const axis = x.shape.length - 1;
  const terms = Array.from({ length: x.shape[axis]! }, (_, i) => slice(g, x, axis, i, i + 1));
  return terms.reduce((sum, term) => add(g, sum, term));
}

/** The look slots of a sequence's positions x [B, L, D] → [B, looks · 18, D]. */
export function lookSlots(g: Graph, x: Value, looks: number): Value {
  const slots = Array.from({ length: looks }, (_, turn) => {
    const first = PROMPT + turn * TURN + SLOT;
    return slice(g, x, 1, first, first + LOOK_TOKENS);
  });
  return concat(g, slots, 1);
}

/** Logits of the mark or symbol in the area of each token of looks [B, looks · 18, D] halfway through: [B · looks · 18, marks]. */
export function areaLogits(g: Graph, p: Parameters, looked: Value): Value {
  const [batch, count, d] = looked.shape as [number, number, number];
  return linear(g, normalize(g, reshape(g, looked, [batch * count, d])), param(p, 'head.mark'));
}

/** Which mark each look [B, looks · 18, D] showed in the area of each token, [B, looks, 18 · marks]: probabilities of clips, 0 of other looks. */
export function shownMarks(g: Graph, p: Parameters, looked: Value, lookKinds: Value): Value {
  const [batch, looks] = lookKinds.shape as [number, number];
  const shown = softmax(g, areaLogits(g, p, looked));
  const isClip = g.apply('Equal', [lookKinds, g.int32s([LOOK_CLIP], [1])], 'bool', lookKinds.shape);
  return mul(
    g,
    reshape(g, shown, [batch, looks, LOOK_TOKENS * MARK_CLASSES]),
    reshape(g, cast(g, isClip, 'float32'), [batch, looks, 1]),
  );
}

/** Frame tokens int32 […] as one-hot rows [N, 8]; no frame token, no 1. */
export function frameOneHot(g: Graph, tokens: Value): Value {
  const n = tokens.shape.reduce((a, b) => a * b, 1);
  const ids = g.apply('Sub', [tokens, g.int32s([FIRST_FRAME], [1])], 'int32', tokens.shape);
  return oneHot(g, reshape(g, ids, [n]), MAX_FRAMES);
}

/** Thumbnails halfway through the network, both tokens of a frame side by side: [B · 8, 2D]. */
export function sceneRows(g: Graph, middle: Value): Value {
  const [batch, , d] = middle.shape as [number, number, number];
  const thumbs = slice(g, middle, 1, PROMPT - MAX_FRAMES * THUMB.tokens, PROMPT);
  return normalize(g, reshape(g, thumbs, [batch * MAX_FRAMES, THUMB.tokens * d]));
}
