import { MAX_FRAMES, QUESTION_SLOT, SLOT } from '../../domain/protocol/compact.js';
import type { Graph, Value } from '../graph/graph.js';
import {
  add,
  batchMatMul,
  concat,
  embed,
  linear,
  normalize,
  reshape,
  slice,
  softmax,
  squaredRelu,
  transpose,
} from '../graph/ops.js';
import { frameCache, glanceAt, type FrameCache } from './glance.js';
import { param, type Parameters } from './params.js';
import { LOOK_BYTES, THUMB, TURN, type PolicySpec } from './spec.js';
import { steadyLinear } from './steady-linear.js';
import { lookTokens, thumbTokens } from './vision.js';

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
  /** uint8 [B, n · LOOK_BYTES] */
  readonly pixels: Value | null;
}

export function sequenceInputs(g: Graph, batch: number, looks: number, actions: number): SequenceInputs {
  return {
    words: g.input('words', 'int32', [batch, QUESTION_SLOT]),
    thumbs: g.input('thumbs', 'uint8', [batch, MAX_FRAMES * THUMB.widthPx * THUMB.heightPx]),
    actions: actions > 0 ? g.input('actions', 'int32', [batch, actions, SLOT]) : null,
    lookKinds: looks > 0 ? g.input('lookKinds', 'int32', [batch, looks]) : null,
    pixels: looks > 0 ? g.input('pixels', 'uint8', [batch, looks * LOOK_BYTES]) : null,
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
    if (x.lookKinds && x.pixels) {
      const looked = lookTokens(g, p, x.lookKinds, x.pixels);
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

/** Keys and values of one layer, [B, H, L, D/H] each. */
export interface LayerCache {
  readonly key: Value;
  readonly value: Value;
}

/**
 * The transformer's layers over x [B, L, D] under `mask` [L, L'] (0 or −∞-like), with earlier keys and values
 * before its own when `past` is given. Also returns the residual stream after half of the layers, where
 * dense supervision reads it: after the last layer it would come too late for an action token to use.
 */
export function layers(
  g: Graph,
  spec: PolicySpec,
  p: Parameters,
  x: Value,
  mask: Value | null,
  { past = null, glance = 'own' }: LayerOptions = {},
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
    const attended = attention(g, spec, p, layer, x, mask, past?.[layer] ?? null);
    caches.push(attended.cache);
    x = add(g, x, attended.out);
    x = add(g, x, feedForward(g, p, layer, x));
  }
  return { out: x, middle, caches, frames, scores };
}

export interface LayerOptions {
  /** Keys and values of what came before, when x only goes on. */
  readonly past?: readonly LayerCache[] | null;
  /** Frames to glance at: those in x itself, those of the sequence that x goes on, or none. */
  readonly glance?: 'own' | 'none' | FrameCache;
}

export interface LayersOut {
  readonly out: Value;
  readonly middle: Value;
  readonly caches: readonly LayerCache[];
  readonly frames: FrameCache | null;
  /** [B, L, 8]: how much each position has each frame in mind; they are the logits of the frame tokens. */
  readonly scores: Value | null;
}

/** Causal mask [L, L]: 0 where a row may look, −1e9 where it may not (its softmax is exactly 0). */
export function causalMask(g: Graph, length: number): Value {
  const data = new Float32Array(length * length);
  for (let row = 0; row < length; row++) data.fill(-1e9, row * length + row + 1, (row + 1) * length);
  return g.floats(data, [length, length]);
}

function attention(
  g: Graph,
  spec: PolicySpec,
  p: Parameters,
  layer: number,
  x: Value,
  mask: Value | null,
  past: LayerCache | null,
): { readonly out: Value; readonly cache: LayerCache } {
  const [batch, length, d] = x.shape as [number, number, number];
  const perHead = d / spec.heads;
  const flat = reshape(g, normalize(g, x), [batch * length, d]);
  const project = (name: string): Value => {
    const rows = linear(g, flat, param(p, `layers.${layer}.${name}`));
    return transpose(g, reshape(g, rows, [batch, length, spec.heads, perHead]), [0, 2, 1, 3]);
  };
  const query = project('query');
  const own = { key: project('key'), value: project('value') };
  const cache = past
    ? { key: concat(g, [past.key, own.key], 2), value: concat(g, [past.value, own.value], 2) }
    : own;
  // With one query row onnxruntime takes a matrix-vector kernel that sums in another order than the
  // trainer's; a repeated row keeps it on the same kernel, and the numbers the same bit for bit.
  const single = length === 1;
  const rows = single ? concat(g, [query, query], 2) : query;
  const scores = batchMatMul(g, rows, cache.key, { transB: true, alpha: 1 / Math.sqrt(perHead) });
  const weights = softmax(g, mask ? add(g, scores, mask) : scores);
  const mixed = batchMatMul(g, weights, cache.value);
  const kept = single ? slice(g, mixed, 2, 0, 1) : mixed;
  const joined = reshape(g, transpose(g, kept, [0, 2, 1, 3]), [batch * length, d]);
  const out = linear(g, joined, param(p, `layers.${layer}.attend`));
  return { out: reshape(g, out, [batch, length, d]), cache };
}

function feedForward(g: Graph, p: Parameters, layer: number, x: Value): Value {
  const [batch, length, d] = x.shape as [number, number, number];
  const flat = reshape(g, normalize(g, x), [batch * length, d]);
  const up = squaredRelu(g, linear(g, flat, param(p, `layers.${layer}.up`)));
  return reshape(g, steadyLinear(g, up, param(p, `layers.${layer}.down`)), [batch, length, d]);
}
