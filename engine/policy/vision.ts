import { MAX_FRAMES, SLOT } from '../../domain/protocol/compact.js';
import type { Graph, Value } from '../graph/graph.js';
import { affine, linear } from '../graph/linear.js';
import {
  add,
  cast,
  concat,
  embed,
  mul,
  normalize,
  reshape,
  scale,
  slice,
  squaredRelu,
  transpose,
} from '../graph/ops.js';
import { dOf, param, type Parameters } from './params.js';
import {
  CLIP,
  CROP,
  CROP_REACH,
  LOOK_BYTES,
  LOOK_CLIP,
  LOOK_CROP,
  LOOK_TOKENS,
  PATCH,
  THUMB,
  TURN,
} from './spec.js';

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

/**
 * Vectors of clips, uint8 [N, 54·108] → [N, 18, D]. What a clip shows is small, may stand anywhere, and is light on dark
 * or dark on light: one detector slides over it in steps of a block. Each window is a block with its eight
 * neighbours, normalised by itself; a token is what the nine windows of its area have found.
 */
export function clipTokens(g: Graph, p: Parameters, pictures: Value): Value {
  const [n] = pictures.shape as [number];
  const { columns, rows, blockPx, blocks } = CLIP;
  const [wide, high] = [columns * blocks, rows * blocks];
  const area = blockPx * blockPx;
  const split = reshape(g, pictures, [n, high, blockPx, wide, blockPx]);
  const own = reshape(g, transpose(g, split, [0, 1, 3, 2, 4]), [n, high * wide, area]);
  // As bytes: nine times a picture is much to move.
  const around = g.apply('Gather', [own, g.int32s(NEIGHBOURS)], 'uint8', [n, high * wide * 9, area], {
    axis: { int: 1 },
  });
  const windows = normalize(
    g,
    cast(g, reshape(g, around, [n * high * wide, 9 * area]), 'float32'),
    WINDOW_EPS,
  );
  const features = param(p, 'vision.clip.bias').shape[0]!;
  const found = detected(g, p, 'clip', windows);
  const tiles = transpose(
    g,
    reshape(g, found, [n, rows, blocks, columns, blocks * features]),
    [0, 1, 3, 2, 4],
  );
  const joined = reshape(g, tiles, [n * LOOK_TOKENS, blocks * blocks * features]);
  return reshape(g, linear(g, joined, param(p, 'vision.clip.out')), [n, LOOK_TOKENS, dOf(p)]);
}

/** Of each block of a clip, row by row, the nine that its window holds; beyond an edge stands the block at the edge. */
const NEIGHBOURS: readonly number[] = (() => {
  const [wide, high] = [CLIP.columns * CLIP.blocks, CLIP.rows * CLIP.blocks];
  const within = (i: number, count: number): number => Math.min(count - 1, Math.max(0, i));
  const steps = [-1, 0, 1];
  return Array.from({ length: high * wide }, (_, block) => {
    const [y, x] = [Math.floor(block / wide), block % wide];
    return steps.flatMap((dy) => steps.map((dx) => within(y + dy, high) * wide + within(x + dx, wide)));
  }).flat();
})();

/** Variance, in squares of 256 grey levels, up to which a window counts as empty: noise is not blown up. */
const WINDOW_EPS = 25;

/** Each entry of axis 1 of x [N, C, W] beside the ones before and after it: [N, C, 3W]; beyond an edge stand zeros. */
function neighboured(g: Graph, x: Value): Value {
  const [n, count, width] = x.shape as [number, number, number];
  const zeros = g.floats(new Float32Array(n * width), [n, 1, width]);
  const before = concat(g, [zeros, slice(g, x, 1, 0, count - 1)], 1);
  const after = concat(g, [slice(g, x, 1, 1, count), zeros], 1);
  return concat(g, [before, x, after], 2);
}

/** Vectors of crops, uint8 [N, 32·108] → [N, 18, D]: narrow columns, each beside its neighbours, of the normalised picture. */
export function cropTokens(g: Graph, p: Parameters, pictures: Value): Value {
  const [n] = pictures.shape as [number];
  const { columns, widthPx, heightPx } = CROP;
  const wide = widthPx / columns;
  const normal = normalize(g, cast(g, pictures, 'float32'), 1);
  const split = reshape(g, normal, [n, heightPx, columns, wide]);
  const own = reshape(g, transpose(g, split, [0, 2, 1, 3]), [n, columns, heightPx * wide]);
  const x = reshape(g, neighboured(g, own), [n * columns, CROP_REACH * heightPx * wide]);
  return reshape(g, stem(g, p, 'crop', x), [n, LOOK_TOKENS, dOf(p)]);
}

/** What the stems see in looks of kinds int32 [B, n] with pictures uint8 [B, n · LOOK_BYTES]: [B · n, 18, D], 0 where there is no picture. */
export function seenIn(g: Graph, p: Parameters, lookKinds: Value, pixels: Value): Value {
  const [batch, looks] = lookKinds.shape as [number, number];
  const pictures = reshape(g, pixels, [batch * looks, LOOK_BYTES]);
  const clips = clipTokens(g, p, pictures);
  const crops = cropTokens(g, p, slice(g, pictures, 1, 0, CROP.widthPx * CROP.heightPx));
  return add(
    g,
    mul(g, clips, isKind(g, lookKinds, LOOK_CLIP)),
    mul(g, crops, isKind(g, lookKinds, LOOK_CROP)),
  );
}

/** Vectors of looks of kinds int32 [B, n] in turns firstTurn …, given what was seen in them [B · n, 18, D] → [B, n, 18, D]. */
export function lookTokens(g: Graph, p: Parameters, lookKinds: Value, seen: Value, firstTurn: number): Value {
  const [batch, looks] = lookKinds.shape as [number, number];
  const d = dOf(p);
  const kind = reshape(g, embed(g, param(p, 'embed.look'), lookKinds), [batch, looks, 1, d]);
  const place = slice(g, param(p, 'embed.place'), 0, SLOT, TURN);
  const turn = reshape(g, slice(g, param(p, 'embed.turn'), 0, firstTurn, firstTurn + looks), [looks, 1, d]);
  const tokens = reshape(g, seen, [batch, looks, LOOK_TOKENS, d]);
  return add(g, add(g, add(g, tokens, kind), place), turn);
}

/** float [N, 1, 1]: 1 where the look is of this kind. */
function isKind(g: Graph, kinds: Value, kind: number): Value {
  const equal = g.apply('Equal', [kinds, g.int32s([kind], [1])], 'bool', kinds.shape);
  const n = kinds.shape.reduce((a, b) => a * b, 1);
  return reshape(g, cast(g, equal, 'float32'), [n, 1, 1]);
}

/** A vision stem: patch → hidden → width, with relu² between. */
function stem(g: Graph, p: Parameters, name: 'thumb' | 'crop', x: Value): Value {
  return linear(g, detected(g, p, name, x), param(p, `vision.${name}.out`));
}

/** Rows of pixels → hidden features. */
function detected(g: Graph, p: Parameters, name: 'thumb' | 'clip' | 'crop', x: Value): Value {
  return squaredRelu(g, affine(g, x, param(p, `vision.${name}.in`), param(p, `vision.${name}.bias`)));
}

/** Bytes to about [−2, 2]. */
function centred(g: Graph, bytes: Value): Value {
  return scale(g, add(g, cast(g, bytes, 'float32'), g.scalar(-128)), 1 / 64);
}
