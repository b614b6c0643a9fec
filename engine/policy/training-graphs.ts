import {
  ACTION_TOKENS,
  EDGE_PLACE,
  FIRST_BIN,
  FIRST_FRAME,
  FRAME_PLACE,
  MAX_FRAMES,
  SLOT,
} from '../../domain/protocol/compact.js';
import { gradients } from '../graph/gradients.js';
import { Graph, type Value } from '../graph/graph.js';
import {
  add,
  batchMatMul,
  cast,
  clamp,
  concat,
  exp,
  logSoftmax,
  minimum,
  mul,
  neg,
  oneHot,
  reshape,
  scale,
  slice,
  sub,
  sumAll,
  sumLast,
  transpose,
} from '../graph/ops.js';
import { maskedSlots } from './grammar.js';
import {
  ASKED_CLASSES,
  BOX_BINS,
  KIND_COUNT,
  LOOK_TOKENS,
  MAX_ROWS,
  parameters,
  PROMPT,
  SCENE_OUTPUTS,
  sequenceLength,
  TURN,
  type BatchShape,
  type PolicySpec,
} from './spec.js';
import {
  actionLogits,
  areaLogits,
  boxLogits,
  copiedEdge,
  frameOneHot,
  lookSlots,
  onTokens,
  sceneLogits,
  shownMarks,
  TOP_EDGE,
} from './heads.js';
import { param, parameterInputs, type Parameters } from './params.js';
import { causalMask, embedSequence, layers, sequenceInputs, type SequenceInputs } from './trunk.js';

/**
 * forward + backward of the supervised loss; gradients are added to `grad/…` inputs and leave as
 * `grad/…` outputs, so that micro-batches sum in a fixed order.
 *
 *   L = −Σ weight·log π(token) + auxiliary·(scene and clip cross-entropies, each a weighted sum)
 *
 * The caller's weights carry the denominators (tokens of the whole batch, not of the micro-batch).
 */
export function supervisedGraph(
  spec: PolicySpec,
  shape: BatchShape,
  { auxiliary, glance }: { readonly auxiliary: boolean; readonly glance: boolean },
): Graph {
  const g = new Graph();
  const p = parameterInputs(g, spec);
  const { logits, middle, targets } = forward(g, spec, p, shape, glance);
  const weights = g.input('weights', 'float32', [shape.batch * SLOT * (shape.looks + 1)]);
  const logProbs = pick(g, logSoftmax(g, logits), targets);
  const actionLoss = neg(g, sumAll(g, mul(g, logProbs, weights)));
  const auxiliaryLoss = auxiliary ? denseLoss(g, p, middle, shape) : null;
  const loss = auxiliaryLoss ? add(g, actionLoss, auxiliaryLoss) : actionLoss;
  accumulate(g, spec, p, loss);
  g.output('actionLoss', actionLoss);
  g.output('auxiliaryLoss', auxiliaryLoss ?? g.scalar(0));
  g.output('hits', hits(g, logits, targets, weights));
  return g;
}

/**
 * forward + backward of GRPO with two-sided clipping and a KL to a reference (k3, Schulman 2020):
 *
 *   L = −Σ weight·min(r·A, clip(r, 1−clipLow, 1+clipHigh)·A) + kl·Σ weight·(e^{q} − q − 1)
 *   r = exp(log π − log π_old),  q = log π_ref − log π
 */
export function grpoGraph(
  spec: PolicySpec,
  shape: BatchShape,
  objective: { readonly clipLow: number; readonly clipHigh: number; readonly kl: number },
): Graph {
  const g = new Graph();
  const p = parameterInputs(g, spec);
  const { logits, targets } = forward(g, spec, p, shape);
  const tokens = shape.batch * SLOT * (shape.looks + 1);
  const weights = g.input('weights', 'float32', [tokens]);
  const advantages = g.input('advantages', 'float32', [tokens]);
  const oldLogProbs = g.input('oldLogProbs', 'float32', [tokens]);
  const referenceLogProbs = g.input('referenceLogProbs', 'float32', [tokens]);
  const logProbs = pick(g, logSoftmax(g, logits), targets);
  const difference = sub(g, logProbs, oldLogProbs);
  const ratio = exp(g, difference);
  const clipped = clamp(g, ratio, 1 - objective.clipLow, 1 + objective.clipHigh);
  const surrogate = minimum(g, mul(g, ratio, advantages), mul(g, clipped, advantages));
  const toReference = sub(g, referenceLogProbs, logProbs);
  const kl3 = sub(g, sub(g, exp(g, toReference), toReference), g.scalar(1));
  const policyLoss = neg(g, sumAll(g, mul(g, surrogate, weights)));
  const kl = sumAll(g, mul(g, kl3, weights));
  accumulate(g, spec, p, add(g, policyLoss, scale(g, kl, objective.kl)));
  g.output('policyLoss', policyLoss);
  g.output('kl', kl);
  const counted = g.apply('Greater', [weights, g.scalar(0)], 'bool', [tokens]);
  const off = g.apply(
    'Where',
    [counted, g.apply('Abs', [difference], 'float32', [tokens]), g.scalar(0)],
    'float32',
    [tokens],
  );
  g.output('largestLogRatio', g.apply('ReduceMax', [off], 'float32', [], { keepdims: { int: 0 } }));
  const moved = g.apply('Not', [g.apply('Equal', [ratio, clipped], 'bool', [tokens])], 'bool', [tokens]);
  g.output('clipped', sumAll(g, mul(g, cast(g, moved, 'float32'), weights)));
  return g;
}

/** Log-probabilities of given actions, [B · 7 · (looks + 1)]: the reference policy's, or a check of the sampler's. */
export function logProbGraph(spec: PolicySpec, shape: BatchShape): Graph {
  const g = new Graph();
  const p = parameterInputs(g, spec);
  const { logits, targets } = forward(g, spec, p, shape);
  g.output('logProbs', pick(g, logSoftmax(g, logits), targets));
  return g;
}

/**
 * What the policy says before any softmax: `logits` [B · 7 · (looks + 1), ACTION_TOKENS], and what dense supervision
 * reads, `scene` [B · 8, SCENE_OUTPUTS] and `marks` [B · looks · 18, MARK_CLASSES]. For comparison with other programs.
 */
export function logitsGraph(spec: PolicySpec, shape: BatchShape): Graph {
  const g = new Graph();
  const p = parameterInputs(g, spec);
  const { logits, middle } = forward(g, spec, p, shape);
  g.output('logits', logits);
  g.output('scene', sceneLogits(g, p, middle));
  if (shape.looks > 0) g.output('marks', areaLogits(g, p, lookSlots(g, middle, shape.looks)));
  return g;
}

interface Forward {
  /** [B · 7 · (looks + 1), ACTION_TOKENS]: what is predicted for each token of each action slot. */
  readonly logits: Value;
  /** Residual stream [B, L, D] where dense supervision reads it. */
  readonly middle: Value;
  /** int32 [B · 7 · (looks + 1)] */
  readonly targets: Value;
}

function forward(g: Graph, spec: PolicySpec, p: Parameters, shape: BatchShape, glance = true): Forward {
  const { batch, looks } = shape;
  const x = sequenceInputs(g, p, shape);
  const length = sequenceLength(looks);
  const { out, middle, scores } = layers(g, spec, p, embedSequence(g, p, x), causalMask(g, length), {
    glance: glance ? 'own' : 'none',
  });
  // The token at place i is predicted at i − 1.
  const predicting = (x: Value): Value => {
    const slots = Array.from({ length: looks + 1 }, (_, turn) => {
      const start = PROMPT + turn * TURN - 1;
      return slice(g, x, 1, start, start + SLOT);
    });
    return reshape(g, concat(g, slots, 1), [tokens, x.shape[2]!]);
  };
  const tokens = batch * SLOT * (looks + 1);
  const rowsOut = predicting(out);
  const own = actionLogits(g, p, rowsOut);
  const said = scores
    ? add(g, add(g, own, frameTerm(g, predicting(scores))), edgeTerm(g, p, x, middle, rowsOut))
    : own;
  const logits = spec.grammar ? maskedSlots(g, said, x.actions!) : said;
  return { logits, middle, targets: reshape(g, x.actions!, [tokens]) };
}

/** The glance's scores [N, 8] where an action names its frame, 0 elsewhere: other tokens are no reason to look away. */
function frameTerm(g: Graph, scores: Value): Value {
  const [n] = scores.shape as [number];
  const places = Float32Array.from({ length: n }, (_, i) => Number(i % SLOT === FRAME_PLACE));
  return onTokens(g, mul(g, scores, g.floats(places, [n, 1])), FIRST_FRAME);
}

/** Copied edges of the frame that each action has named, where it names its edges. */
function edgeTerm(g: Graph, p: Parameters, x: SequenceInputs, middle: Value, rows: Value): Value {
  const actions = x.actions!;
  const [batch, slots] = actions.shape as [number, number, number];
  const d = rows.shape[1]!;
  const n = batch * slots;
  const named = reshape(g, slice(g, actions, 2, FRAME_PLACE, FRAME_PLACE + 1), [n]);
  const chosen = batchMatMul(
    g,
    reshape(g, frameOneHot(g, named), [batch, slots, MAX_FRAMES]),
    boxLogits(g, p, middle),
  );
  const perEdge = transpose(g, reshape(g, chosen, [n, MAX_ROWS, 4, BOX_BINS]), [0, 2, 1, 3]);
  const top = slice(g, perEdge, 1, TOP_EDGE, TOP_EDGE + 1);
  const places = slice(g, reshape(g, rows, [n, SLOT, d]), 1, EDGE_PLACE, EDGE_PLACE + 4);
  const edges = copiedEdge(g, p, reshape(g, places, [n * 4, d]), {
    boxes: reshape(g, perEdge, [n * 4, MAX_ROWS * BOX_BINS]),
    tops: reshape(g, concat(g, [top, top, top, top], 1), [n * 4, MAX_ROWS * BOX_BINS]),
    shown: x.lookKinds ? seenBefore(g, p, middle, x.lookKinds) : null,
  });
  const wide = reshape(g, onTokens(g, edges, FIRST_BIN), [n, 4, ACTION_TOKENS]);
  const zeros = (count: number): Value =>
    g.floats(new Float32Array(n * count * ACTION_TOKENS), [n, count, ACTION_TOKENS]);
  const all = concat(g, [zeros(EDGE_PLACE), wide, zeros(SLOT - EDGE_PLACE - 4)], 1);
  return reshape(g, all, [n * SLOT, ACTION_TOKENS]);
}

/** For each of the four edges of each action slot, what the look just before it showed: [B · slots · 4, 18 · marks]. */
function seenBefore(g: Graph, p: Parameters, middle: Value, lookKinds: Value): Value {
  const shown = shownMarks(g, p, lookSlots(g, middle, lookKinds.shape[1]!), lookKinds);
  const [batch, looks, width] = shown.shape as [number, number, number];
  const nothing = g.floats(new Float32Array(batch * width), [batch, 1, width]);
  const before = reshape(g, concat(g, [nothing, shown], 1), [batch * (looks + 1), 1, width]);
  return reshape(g, concat(g, [before, before, before, before], 1), [batch * (looks + 1) * 4, width]);
}

/** Cross-entropies of what stands where, from the middle of the network: kinds, asked or not, boxes, marks. */
function denseLoss(g: Graph, p: Parameters, middle: Value, { batch, looks }: BatchShape): Value {
  const frames = batch * MAX_FRAMES;
  const predicted = sceneLogits(g, p, middle);
  const boxes = frames * MAX_ROWS * 4;
  const terms = [
    crossEntropy(g, slice(g, predicted, 1, 0, KIND_COUNT), 'sceneKind', frames),
    crossEntropy(g, slice(g, predicted, 1, KIND_COUNT, KIND_COUNT + ASKED_CLASSES), 'sceneAsked', frames),
    crossEntropy(
      g,
      reshape(g, slice(g, predicted, 1, KIND_COUNT + ASKED_CLASSES, SCENE_OUTPUTS), [boxes, BOX_BINS]),
      'sceneBox',
      boxes,
    ),
  ];
  if (looks > 0) {
    terms.push(
      crossEntropy(g, areaLogits(g, p, lookSlots(g, middle, looks)), 'clipArea', batch * looks * LOOK_TOKENS),
    );
  }
  return terms.reduce((sum, term) => add(g, sum, term));
}

/** −Σ weight·log p(target) with inputs `<name>` int32 [N] and `<name>Weight` float [N]. */
function crossEntropy(g: Graph, logits: Value, name: string, n: number): Value {
  const targets = g.input(name, 'int32', [n]);
  const weights = g.input(`${name}Weight`, 'float32', [n]);
  return neg(g, sumAll(g, mul(g, pick(g, logSoftmax(g, logits), targets), weights)));
}

/** rows[i, targets[i]] → [N], through a one-hot product: its gradient needs no scatter. */
function pick(g: Graph, rows: Value, targets: Value): Value {
  const [n, classes] = rows.shape as [number, number];
  return reshape(g, sumLast(g, mul(g, rows, oneHot(g, targets, classes))), [n]);
}

/** Adds the loss's gradients to the accumulators; parameters that it does not touch pass through. */
function accumulate(g: Graph, spec: PolicySpec, p: Parameters, loss: Value): void {
  const specs = parameters(spec);
  const grads = gradients(
    g,
    loss,
    specs.map(({ name }) => param(p, name)),
  );
  specs.forEach(({ name, shape }, i) => {
    const sofar = g.input(`grad/${name}`, 'float32', shape);
    const grad = grads[i];
    g.output(`grad/${name}+`, grad ? add(g, sofar, grad) : sofar);
  });
}

/** Σ over tokens of weight·[argmax = target]. */
function hits(g: Graph, logits: Value, targets: Value, weights: Value): Value {
  const n = logits.shape[0]!;
  const best = g.apply('ArgMax', [logits], 'int64', [n], { axis: { int: 1 }, keepdims: { int: 0 } });
  const equal = g.apply('Equal', [cast(g, best, 'int32'), targets], 'bool', [n]);
  return sumAll(g, mul(g, cast(g, equal, 'float32'), weights));
}
