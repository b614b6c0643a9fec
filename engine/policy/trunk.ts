import { MAX_FRAMES, QUESTION_SLOT, SLOT } from '../../domain/protocol/compact.js';
import type { Graph, Value } from '../graph/graph.js';
import { linear, squaredReluLinear } from '../graph/linear.js';
import {
  add,
  batchMatMul,
  concat,
  embed,
  normalize,
  reshape,
  slice,
  softmax,
  swapMiddle,
} from '../graph/ops.js';
import { frameCache, glanceAt, type FrameCache } from './glance.js';
import { param, type Parameters } from './params.js';
import { LOOK_BYTES, THUMB, TURN, type BatchShape, type PolicySpec } from './spec.js';
import { lookTokens, seenIn, thumbTokens } from './vision.js';

/** Inputs of a batch of B sequences with n looks. */
export interface SequenceInputs {
  /** int32 [B, 6] */
  readonly words: Value;
  /** uint8 [B, 8 · 18 · 32] */
  readonly thumbs: Value;
  /** int32 [B, a, 7]: the action slots; a = n + 1 in training, a = n when sampling the next. */
  readonly actions: Value | null;
  /** int32 [B, n] */
  readonly lookKinds: Value | null;
  /** float [B · n, 18, D]: what the vision stem sees in the looks, before kind, place and turn. */
  readonly seen: Value | null;
}

/** Inputs in training, where the pictures themselves come in. */
export function sequenceInputs(g: Graph, p: Parameters, { batch, looks }: BatchShape): SequenceInputs {
  const prompt = promptInputs(g, batch);
  const actions = g.input('actions', 'int32', [batch, looks + 1, SLOT]);
  if (looks === 0) return { ...prompt, actions, lookKinds: null, seen: null };
  const lookKinds = g.input('lookKinds', 'int32', [batch, looks]);
  const pixels = g.input('pixels', 'uint8', [batch, looks * LOOK_BYTES]);
  return { ...prompt, actions, lookKinds, seen: seenIn(g, p, lookKinds, pixels) };
}

export function promptInputs(g: Graph, batch: number): Pick<SequenceInputs, 'words' | 'thumbs'> {
  return {
    words: g.input('words', 'int32', [batch, QUESTION_SLOT]),
    thumbs: g.input('thumbs', 'uint8', [batch, MAX_FRAMES * THUMB.widthPx * THUMB.heightPx]),
  };
}

/** The sequence as vectors [B, L, D]: prompt, then action and look slots in turn, then a last action if there is one more. */
export function embedSequence(g: Graph, p: Parameters, x: SequenceInputs): Value {
  const [batch] = x.words.shape as [number];
  const d = param(p, 'embed.tokens').shape[1]!;
  const looks = x.lookKinds?.shape[1] ?? 0;
  const actions = x.actions?.shape[1] ?? 0;
  const words = embed(g, param(p, 'embed.tokens'), x.words);
  const prompt = add(g, concat(g, [words, thumbTokens(g, p, x.thumbs)], 1), param(p, 'embed.prompt'));
  const parts = [prompt];
  if (x.actions) {
    const acted = actionTokens(g, p, x.actions, 0);
    if (x.lookKinds && x.seen) {
      const looked = lookTokens(g, p, x.lookKinds, x.seen, 0);
      const turns = concat(g, [slice(g, acted, 1, 0, looks), looked], 2);
      parts.push(reshape(g, turns, [batch, looks * TURN, d]));
    }
    if (actions > looks)
      parts.push(reshape(g, slice(g, acted, 1, looks, actions), [batch, (actions - looks) * SLOT, d]));
  }
  return parts.length === 1 ? prompt : concat(g, parts, 1);
}

/** Token vectors of action slots int32 [B, a, 7] that stand in turns firstTurn … → [B, a, 7, D]. */
export function actionTokens(g: Graph, p: Parameters, actions: Value, firstTurn: number): Value {
  const [, count] = actions.shape as [number, number, number];
  const d = param(p, 'embed.tokens').shape[1]!;
  const place = slice(g, param(p, 'embed.place'), 0, 0, SLOT);
  const turn = reshape(g, slice(g, param(p, 'embed.turn'), 0, firstTurn, firstTurn + count), [count, 1, d]);
  return add(g, add(g, embed(g, param(p, 'embed.tokens'), actions), place), turn);
}

/** Keys and values of one layer, [B · H, L, D/H] each. */
export interface LayerCache {
  readonly key: Value;
  readonly value: Value;
}

/** What a layer attends to, given the keys and values of its own input. */
export type Memory = (layer: number, own: LayerCache) => LayerCache;

const ownOnly: Memory = (_, own) => own;

/**
 * The transformer's layers over x [B, L, D] under `mask` [L, L'] (0 or −∞-like), where L' counts what `memory` gives to
 * attend to: its own keys and values, or others with them. Also returns the residual stream after half of the layers, where
 * dense supervision reads it: after the last layer it would come too late for an action token to use.
 */
export function layers(
  g: Graph,
  spec: PolicySpec,
  p: Parameters,
  x: Value,
  mask: Value,
  { memory = ownOnly, glance = 'own', read = 'all' }: LayerOptions = {},
): LayersOut {
  const caches: LayerCache[] = [];
  let middle = x;
  let frames: FrameCache | null = null;
  let scores: Value | null = null;
  for (let layer = 0; layer < spec.layers; layer++) {
    if (layer === spec.layers >> 1) {
      middle = x;
      if (glance !== 'none') {
        frames = glance === 'own' ? frameCache(g, p, x) : glance;
        const seen = glanceAt(g, p, x, frames);
        scores = seen.scores;
        x = add(g, x, seen.out);
      }
    }
    // Behind the last layer nobody asks for the other positions; their keys and values are still remembered.
    const asking = read === 'last' && layer === spec.layers - 1 ? lastOf(g, x) : x;
    const attended = attention(g, spec, p, layer, x, asking, mask, memory);
    caches.push(attended.cache);
    x = add(g, asking, attended.out);
    x = add(g, x, feedForward(g, p, layer, x));
  }
  return { out: x, middle, caches, frames, scores };
}

export interface LayerOptions {
  readonly memory?: Memory;
  /** Positions whose output is wanted: default all. */
  readonly read?: 'all' | 'last';
  /** Frames to glance at: those in x itself, those of the sequence that x goes on, or none. */
  readonly glance?: 'own' | 'none' | FrameCache;
}

export interface LayersOut {
  readonly out: Value;
  readonly middle: Value;
  /** What each layer attended to. */
  readonly caches: readonly LayerCache[];
  readonly frames: FrameCache | null;
  /** [B, L, 8]: how much each position has each frame in mind; they are the logits of the frame tokens. */
  readonly scores: Value | null;
}

/** Causal mask [rows, columns]: 0 where a row may look, −1e9 where it may not (its softmax is exactly 0). Row i stands at `first` + i. */
export function causalMask(g: Graph, rows: number, columns = rows, first = 0): Value {
  const data = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) data.fill(-1e9, row * columns + first + row + 1, (row + 1) * columns);
  return g.floats(data, [rows, columns]);
}

/** Positions `asking` [B, L', D] of x [B, L, D] (all, or the last) attend to what `memory` gives for x. */
function attention(
  g: Graph,
  spec: PolicySpec,
  p: Parameters,
  layer: number,
  x: Value,
  asking: Value,
  mask: Value,
  memory: Memory,
): { readonly out: Value; readonly cache: LayerCache } {
  const [batch, rows, d] = asking.shape as [number, number, number];
  const perHead = d / spec.heads;
  const project = (from: Value, name: string): Value => {
    const length = from.shape[1]!;
    const flat = reshape(g, from, [batch * length, d]);
    const split = reshape(g, linear(g, flat, param(p, `layers.${layer}.${name}`)), [
      batch,
      length,
      spec.heads,
      perHead,
    ]);
    // A single row is the same by head.
    const byHead = length === 1 ? split : swapMiddle(g, split);
    return reshape(g, byHead, [batch * spec.heads, length, perHead]);
  };
  const known = normalize(g, x);
  const query = project(asking === x ? known : normalize(g, asking), 'query');
  const cache = memory(layer, { key: project(known, 'key'), value: project(known, 'value') });
  // With one query row onnxruntime takes a matrix-vector kernel that sums in another order than the
  // trainer's; a repeated row keeps it on the same kernel, and the numbers the same bit for bit.
  const single = rows === 1;
  const queries = single ? concat(g, [query, query], 1) : query;
  const scores = batchMatMul(g, queries, cache.key, { transB: true, alpha: 1 / Math.sqrt(perHead) });
  const allowed = rows === mask.shape[0] ? mask : lastOf(g, mask, 0);
  const mixed = batchMatMul(g, softmax(g, add(g, scores, allowed)), cache.value);
  const kept = single ? slice(g, mixed, 1, 0, 1) : mixed;
  const byHead = reshape(g, kept, [batch, spec.heads, rows, perHead]);
  const joined = reshape(g, single ? byHead : swapMiddle(g, byHead), [batch * rows, d]);
  const out = linear(g, joined, param(p, `layers.${layer}.attend`));
  return { out: reshape(g, out, [batch, rows, d]), cache };
}

function lastOf(g: Graph, x: Value, axis = 1): Value {
  const length = x.shape[axis]!;
  return slice(g, x, axis, length - 1, length);
}

function feedForward(g: Graph, p: Parameters, layer: number, x: Value): Value {
  const [batch, length, d] = x.shape as [number, number, number];
  const flat = reshape(g, normalize(g, x), [batch * length, d]);
  const up = linear(g, flat, param(p, `layers.${layer}.up`));
  return reshape(g, squaredReluLinear(g, up, param(p, `layers.${layer}.down`)), [batch, length, d]);
}
