import type { OptimizerConfig } from '../../../domain/curriculum.js';
import {
  ACTION_TOKENS,
  encodeAction,
  MAX_FRAMES,
  QUESTION_SLOT,
  SLOT,
  VOCABULARY,
} from '../../../domain/protocol/compact.js';
import { stream, type RandomStream } from '../../../domain/seeds.js';
import type { Action } from '../../../domain/trajectory.js';
import type { DenseTargets, SequenceBatch } from '../../../engine/batches.js';
import {
  ASKED_CLASSES,
  BOX_BINS,
  KIND_COUNT,
  LOOK_BYTES,
  LOOK_TOKENS,
  MARK_CLASSES,
  MAX_ROWS,
  parameters,
  THUMB,
} from '../../../engine/policy/spec.js';
import { writeSafetensors, type NamedTensor } from '../../../engine/safetensors.js';

/**
 * What both sides of the comparison with PyTorch are given, from named seeds: a small policy, three batches, the
 * objectives and the optimizer. Nothing in it is zero by design, so that nothing is hidden.
 */
export const SPEC = { width: 32, layers: 2, heads: 2, maxLooks: 2 };
export const SHAPE = { batch: 4, looks: 2 };
export const BATCHES = 3;
/** Optimizer steps after which the weights are compared. */
export const COMPARED_AFTER: readonly number[] = [1, 10, 100];
export const STEPS = 100;
export const OBJECTIVE = { clipLow: 0.2, clipHigh: 0.28, kl: 0.1 };

/** Warm-up over ten steps, then half a cosine over the other ninety. */
export const OPTIMIZER: OptimizerConfig = {
  type: 'adamw',
  lr: 1e-3,
  lrEnd: 5e-5,
  muonLr: 0,
  muonLrEnd: 0,
  decayShare: 0.9,
  decay: 'cosine',
  warmupSteps: 10,
  weightDecay: 0.1,
  beta1: 0.9,
  beta2: 0.95,
  clipNorm: 1,
};

export interface ParityBatch extends SequenceBatch {
  /** [B · 3 · 7]; sums to 1; 0 for some tokens. */
  readonly weights: Float32Array;
  readonly dense: DenseTargets;
  /** [B · 3 · 7], of both signs. */
  readonly advantages: Float32Array;
  /** [B · 3 · 7]: log π_old − log π and log π_ref − log π at the start; enough to clip on both sides. */
  readonly oldNoise: Float32Array;
  readonly referenceNoise: Float32Array;
}

/** Weights as large as trained ones: matrices that start at zero would hide whatever passes through them. */
export function parityWeights(): ReadonlyMap<string, Float32Array> {
  return new Map(
    parameters(SPEC).map(({ name, shape, std }) => {
      const random = stream('parity', 'weights', name);
      const scale = name.startsWith('embed.') ? 0.5 : Math.max(std, 1 / Math.sqrt(shape[0]!));
      const count = shape.reduce((product, d) => product * d, 1);
      return [name, Float32Array.from({ length: count }, () => random.normal() * scale)];
    }),
  );
}

export function parityBatch(index: number): ParityBatch {
  const { batch, looks } = SHAPE;
  const of = (what: string): RandomStream => stream('parity', 'batch', index, what);
  const tokens = batch * (looks + 1) * SLOT;
  const normals = (what: string, scale: number): Float32Array => {
    const random = of(what);
    return Float32Array.from({ length: tokens }, () => random.normal() * scale);
  };
  const actions = of('actions');
  const kinds = of('kinds');
  return {
    shape: SHAPE,
    words: ints(of('words'), batch * QUESTION_SLOT, VOCABULARY - ACTION_TOKENS).map((w) => ACTION_TOKENS + w),
    thumbs: Uint8Array.from(ints(of('thumbs'), batch * MAX_FRAMES * THUMB.widthPx * THUMB.heightPx, 256)),
    actions: Int32Array.from(
      Array.from({ length: batch * (looks + 1) }, () => encodeAction(randomAction(actions))).flat(),
    ),
    // Each kind of look (none, clip, crop, refused) twice.
    lookKinds: Int32Array.from(kinds.shuffle([0, 1, 2, 3, 0, 1, 2, 3])),
    pixels: Uint8Array.from(ints(of('pixels'), batch * looks * LOOK_BYTES, 256)),
    weights: tokenWeights(of('weights'), tokens, 1),
    dense: denseTargets(of('dense')),
    advantages: normals('advantages', 1),
    oldNoise: normals('old', 0.3),
    referenceNoise: normals('reference', 0.5),
  };
}

/** The inputs as the one file that `golden/make.py` reads. */
export function inputsFile(): Uint8Array {
  const tensors = new Map<string, NamedTensor>();
  const weights = parityWeights();
  for (const { name, shape } of parameters(SPEC))
    tensors.set(`weights/${name}`, { shape, data: weights.get(name)! });
  for (let index = 0; index < BATCHES; index++) {
    const { shape: _, dense, ...batch } = parityBatch(index);
    for (const [name, data] of Object.entries({ ...batch, ...dense }) as [string, Float32Array][])
      tensors.set(`${index}/${name}`, { shape: shapes[name] ?? [data.length], data });
  }
  const setup = { spec: SPEC, steps: STEPS, comparedAfter: COMPARED_AFTER, batches: BATCHES };
  return writeSafetensors(tensors, {
    setup: JSON.stringify({ ...setup, objective: OBJECTIVE, optimizer: OPTIMIZER }),
  });
}

/** The batch up to so many looks and the action after them. */
export function firstLooks(given: SequenceBatch, looks: number): SequenceBatch {
  const { batch, looks: all } = given.shape;
  const cut = <T extends Int32Array | Uint8Array>(data: T, of: number, kept: number): T => {
    const width = data.length / batch;
    return data.filter((_, i) => i % width < (width / of) * kept) as T;
  };
  return {
    ...given,
    shape: { batch, looks },
    actions: cut(given.actions, all + 1, looks + 1),
    lookKinds: cut(given.lookKinds, all, looks),
    pixels: cut(given.pixels, all, looks),
  };
}

/** A batch as docs/policy.py takes it. */
export function batchFile(batch: SequenceBatch): Uint8Array {
  const names = ['words', 'thumbs', 'actions', 'lookKinds', 'pixels'] as const;
  const rows = batch.shape.batch;
  const shapeOf = (name: (typeof names)[number]): readonly number[] =>
    name === 'actions' ? [rows, batch.shape.looks + 1, SLOT] : [rows, batch[name].length / rows];
  return writeSafetensors(new Map(names.map((name) => [name, { shape: shapeOf(name), data: batch[name] }])));
}

const { batch: B, looks: N } = SHAPE;
const shapes: Readonly<Record<string, readonly number[]>> = {
  words: [B, QUESTION_SLOT],
  thumbs: [B, MAX_FRAMES * THUMB.widthPx * THUMB.heightPx],
  actions: [B, N + 1, SLOT],
  lookKinds: [B, N],
  pixels: [B, N * LOOK_BYTES],
};

function randomAction(random: RandomStream): Action {
  const frame = random.int(1, MAX_FRAMES + 1);
  const edges = (): [number, number] => {
    const low = random.int(0, 12);
    return [low / 16, (low + random.int(1, 5)) / 16];
  };
  switch (random.int(0, 4)) {
    case 0:
      return { tool: 'clip', targetFrames: [frame] };
    case 1:
      return { tool: 'answer', text: random.pick(['7', 'K4', 'RING', '0Z9']) };
    default: {
      const [x1, x2] = edges();
      const [y1, y2] = edges();
      return { tool: 'crop', targetFrame: frame, bbox01: [x1, y1, x2, y2] };
    }
  }
}

/** Positive weights that sum to `sum`, 0 for about a fifth. */
function tokenWeights(random: RandomStream, count: number, sum: number): Float32Array {
  const raw = Array.from({ length: count }, () => (random.float() < 0.2 ? 0 : 0.5 + random.float()));
  const total = raw.reduce((a, b) => a + b, 0);
  return Float32Array.from(raw, (x) => (x * sum) / total);
}

function denseTargets(random: RandomStream): DenseTargets {
  const [scenes, boxes, areas] = [B * MAX_FRAMES, B * MAX_FRAMES * MAX_ROWS * 4, B * N * LOOK_TOKENS];
  return {
    sceneKind: ints(random, scenes, KIND_COUNT),
    sceneKindWeight: tokenWeights(random, scenes, 0.25),
    sceneAsked: ints(random, scenes, ASKED_CLASSES),
    sceneAskedWeight: tokenWeights(random, scenes, 0.25),
    sceneBox: ints(random, boxes, BOX_BINS),
    sceneBoxWeight: tokenWeights(random, boxes, 0.25),
    clipArea: ints(random, areas, MARK_CLASSES),
    clipAreaWeight: tokenWeights(random, areas, 0.25),
  };
}

function ints(random: RandomStream, count: number, limit: number): Int32Array {
  return Int32Array.from({ length: count }, () => random.int(0, limit));
}
