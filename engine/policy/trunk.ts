import {
  ACTION_TOKENS,
  FIRST_FRAME,
  MAX_FRAMES,
  QUESTION_SLOT,
  SLOT,
} from '../../domain/protocol/compact.js';
import type { Graph, Value } from '../graph/graph.js';
import {
  add,
  batchMatMul,
  concat,
  embed,
  linear,
  meanAxis,
  mul,
  normalize,
  oneHot,
  reshape,
  scale,
  slice,
  softmax,
  squaredRelu,
  toFloat,
  transpose,
} from '../graph/ops.js';
import {
  ASKED_CLASSES,
  BOX_BINS,
  CLIP,
  CROP,
  KIND_COUNT,
  LOOK_BYTES,
  LOOK_CLIP,
  LOOK_CROP,
  LOOK_TOKENS,
  MAX_ROWS,
  PATCH,
  PROMPT,
  SCENE_OUTPUTS,
  THUMB,
  TURN,
  type PolicySpec,
} from './spec.js';

export type Parameters = ReadonlyMap<string, Value>;

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
    if (looks > 0) {
      const looked = lookTokens(g, p, x);
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

/** Patch vectors of the overview, uint8 [B, 8·18·32] → [B, 16, D]. */
export function thumbTokens(g: Graph, p: Parameters, thumbs: Value): Value {
  const [batch] = thumbs.shape as [number];
  const { widthPx, heightPx, tokens } = THUMB;
  const split = reshape(g, thumbs, [batch, MAX_FRAMES, heightPx, tokens, widthPx / tokens]);
  const patches = transpose(g, split, [0, 1, 3, 2, 4]);
  const rows = batch * MAX_FRAMES * tokens;
  const x = centred(g, reshape(g, patches, [rows, PATCH.widthPx * PATCH.heightPx]));
  return reshape(g, stem(g, p, 'thumb', x), [batch, MAX_FRAMES * tokens, dOf(p)]);
}

/** Vectors of clips, uint8 [N, 54·96] → [N, 18, D]. */
export function clipTokens(g: Graph, p: Parameters, pictures: Value): Value {
  const [n] = pictures.shape as [number];
  const { columns, rows } = CLIP;
  const split = reshape(g, pictures, [n, rows, PATCH.heightPx, columns, PATCH.widthPx]);
  const patches = transpose(g, split, [0, 1, 3, 2, 4]);
  const x = centred(g, reshape(g, patches, [n * LOOK_TOKENS, PATCH.widthPx * PATCH.heightPx]));
  return reshape(g, stem(g, p, 'clip', x), [n, LOOK_TOKENS, dOf(p)]);
}

/** Vectors of crops, uint8 [N, 32·108] → [N, 18, D]: narrow columns, each beside its neighbours, of the normalised picture. */
export function cropTokens(g: Graph, p: Parameters, pictures: Value): Value {
  const [n] = pictures.shape as [number];
  const { columns, widthPx, heightPx } = CROP;
  const wide = widthPx / columns;
  const normal = normalize(g, toFloat(g, pictures), 1);
  const split = reshape(g, normal, [n, heightPx, columns, wide]);
  const own = reshape(g, transpose(g, split, [0, 2, 1, 3]), [n, columns, heightPx * wide]);
  const none = g.floats(new Float32Array(n * heightPx * wide), [n, 1, heightPx * wide]);
  const left = concat(g, [none, slice(g, own, 1, 0, columns - 1)], 1);
  const right = concat(g, [slice(g, own, 1, 1, columns), none], 1);
  const x = reshape(g, concat(g, [left, own, right], 2), [n * columns, 3 * heightPx * wide]);
  return reshape(g, stem(g, p, 'crop', x), [n, LOOK_TOKENS, dOf(p)]);
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

/** Each frame's key and value, [B, 8, D], from its thumbnail halfway through the network. */
export interface FrameCache {
  readonly key: Value;
  readonly value: Value;
}

function frameCache(g: Graph, p: Parameters, middle: Value): FrameCache {
  const [batch] = middle.shape as [number];
  const d = dOf(p);
  const rows = sceneRows(g, middle);
  const project = (name: string): Value =>
    reshape(g, steadyLinear(g, rows, param(p, `glance.${name}`)), [batch, MAX_FRAMES, d]);
  return { key: project('key'), value: project('value') };
}

/** Thumbnails halfway through the network, both tokens of a frame side by side: [B · 8, 2D]. */
function sceneRows(g: Graph, middle: Value): Value {
  const [batch, , d] = middle.shape as [number, number, number];
  const thumbs = slice(g, middle, 1, PROMPT - MAX_FRAMES * THUMB.tokens, PROMPT);
  return normalize(g, reshape(g, thumbs, [batch * MAX_FRAMES, THUMB.tokens * d]));
}

/**
 * Every position glances at the eight frames once, halfway. What it has in mind is trained directly, for the same
 * scores are the logits of the frame tokens: attention alone found the asked frame in no run (its loss stayed at ln 8,
 * since where to look and what to copy from there have to be learnt at once).
 */
function glanceAt(
  g: Graph,
  p: Parameters,
  x: Value,
  frames: FrameCache,
): { readonly out: Value; readonly scores: Value } {
  const [batch, length, d] = x.shape as [number, number, number];
  const flat = reshape(g, normalize(g, x), [batch * length, d]);
  const query = reshape(g, linear(g, flat, param(p, 'glance.query')), [batch, length, d]);
  const rows = length === 1 ? concat(g, [query, query], 1) : query;
  const scores = batchMatMul(g, rows, frames.key, { transB: true, alpha: 1 / Math.sqrt(d) });
  const mixed = batchMatMul(g, softmax(g, scores), frames.value);
  const own = (y: Value): Value => (length === 1 ? slice(g, y, 1, 0, 1) : y);
  return { out: own(mixed), scores: own(scores) };
}

/** Causal mask [L, L]: 0 where a row may look, −1e9 where it may not (its softmax is exactly 0). */
export function causalMask(g: Graph, length: number): Value {
  const data = new Float32Array(length * length);
  for (let row = 0; row < length; row++) data.fill(-1e9, row * length + row + 1, (row + 1) * length);
  return g.floats(data, [length, length]);
}

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
 * @returns [N, bins]: their mean, weighted by which row x has in mind
 */
export function copiedEdge(g: Graph, p: Parameters, x: Value, boxes: Value): Value {
  const [n] = x.shape as [number];
  const rows = softmax(g, linear(g, normalize(g, x), param(p, 'glance.row')));
  const weighted = mul(g, reshape(g, boxes, [n, MAX_ROWS, BOX_BINS]), reshape(g, rows, [n, MAX_ROWS, 1]));
  return scale(g, meanAxis(g, weighted, 1), MAX_ROWS);
}

/** Frame tokens int32 […] as one-hot rows [N, 8]; no frame token, no 1. */
export function frameOneHot(g: Graph, tokens: Value): Value {
  const n = tokens.shape.reduce((a, b) => a * b, 1);
  const ids = g.apply('Sub', [tokens, g.int32s([FIRST_FRAME], [1])], 'int32', tokens.shape);
  return oneHot(g, reshape(g, ids, [n]), MAX_FRAMES);
}

export function param(p: Parameters, name: string): Value {
  const value = p.get(name);
  if (!value) throw new Error(`the policy has no parameter named ${name}`);
  return value;
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

/** onnxruntime's matrix product (MLAS) sums inner dimensions up to this in one go. */
const UNSPLIT_K = 128;

/**
 * x [M, K] · w [K, N], with sums that do not depend on M. Where M < N, MLAS shares N among its threads, and with it
 * changes where it splits a long K: the last bits then differ from those of a larger batch. Repeated
 * rows keep M ≥ N, so that a rollout's numbers are the trainer's, whatever it was batched with.
 */
function steadyLinear(g: Graph, x: Value, w: Value): Value {
  const [m, k] = x.shape as [number, number];
  const n = w.shape[1]!;
  if (m >= n || k <= UNSPLIT_K) return linear(g, x, w);
  const copies = new Array<Value>(Math.ceil(n / m)).fill(x);
  return slice(g, linear(g, concat(g, copies, 0), w), 0, 0, m);
}

function lookTokens(g: Graph, p: Parameters, x: SequenceInputs): Value {
  const { lookKinds, pixels } = x;
  if (!lookKinds || !pixels) throw new Error('a sequence without looks has no look tokens');
  const [batch, looks] = lookKinds.shape as [number, number];
  const d = dOf(p);
  const n = batch * looks;
  const pictures = reshape(g, pixels, [n, LOOK_BYTES]);
  const clips = clipTokens(g, p, pictures);
  const crops = cropTokens(g, p, slice(g, pictures, 1, 0, CROP.widthPx * CROP.heightPx));
  const seen = add(
    g,
    mul(g, clips, isKind(g, lookKinds, LOOK_CLIP)),
    mul(g, crops, isKind(g, lookKinds, LOOK_CROP)),
  );
  const kind = reshape(g, embed(g, param(p, 'embed.look'), lookKinds), [batch, looks, 1, d]);
  const place = slice(g, param(p, 'embed.place'), 0, SLOT, TURN);
  const turn = reshape(g, slice(g, param(p, 'embed.turn'), 0, 0, looks), [looks, 1, d]);
  const tokens = reshape(g, seen, [batch, looks, LOOK_TOKENS, d]);
  return add(g, add(g, add(g, tokens, kind), place), turn);
}

/** float [N, 1, 1]: 1 where the look is of this kind. */
function isKind(g: Graph, kinds: Value, kind: number): Value {
  const equal = g.apply('Equal', [kinds, g.int32s([kind], [1])], 'bool', kinds.shape);
  const n = kinds.shape.reduce((a, b) => a * b, 1);
  return reshape(g, toFloat(g, equal), [n, 1, 1]);
}

/** A vision stem: patch → hidden → width, with relu² between. */
function stem(g: Graph, p: Parameters, name: 'thumb' | 'clip' | 'crop', x: Value): Value {
  const inner = add(g, steadyLinear(g, x, param(p, `vision.${name}.in`)), param(p, `vision.${name}.bias`));
  return steadyLinear(g, squaredRelu(g, inner), param(p, `vision.${name}.out`));
}

/** Bytes to about [−2, 2]. */
function centred(g: Graph, bytes: Value): Value {
  return scale(g, add(g, toFloat(g, bytes), g.scalar(-128)), 1 / 64);
}

function dOf(p: Parameters): number {
  return param(p, 'embed.tokens').shape[1]!;
}
