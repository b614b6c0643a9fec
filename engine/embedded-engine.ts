import * as ort from 'onnxruntime-node';
import { MAX_FRAMES, SLOT } from '../domain/protocol/compact.js';
import { Sessions } from './sessions.js';
import { byMuon, optimizerGraph, type OptimizerGraphConfig } from './optim/optimizer-graph.js';
import { embeddingGraph } from './policy/embedding-graph.js';
import { samplingGraph } from './policy/sampling-graph.js';
import { LOOK_TOKENS, MAX_ROWS, parameters, type PolicySpec } from './policy/spec.js';
import type { PolicyState } from './policy/state.js';
import { grpoGraph, logProbGraph, supervisedGraph, type BatchShape } from './policy/training-graphs.js';

/** Sequences of B rollouts with n looks, laid out as the graphs take them. */
export interface SequenceBatch {
  readonly shape: BatchShape;
  /** [B, 6] */
  readonly words: Int32Array;
  /** [B, 8 · 18 · 32] */
  readonly thumbs: Uint8Array;
  /** [B, n + 1, 7] in training, [B, n, 7] when sampling. */
  readonly actions: Int32Array;
  /** [B, n] */
  readonly lookKinds: Int32Array;
  /** [B, n · LOOK_BYTES] */
  readonly pixels: Uint8Array;
}

export interface DenseTargets {
  /** [B · 8] */
  readonly sceneKind: Int32Array;
  readonly sceneKindWeight: Float32Array;
  readonly sceneAsked: Int32Array;
  readonly sceneAskedWeight: Float32Array;
  /** [B · 8 · 3 · 4] bins */
  readonly sceneBox: Int32Array;
  readonly sceneBoxWeight: Float32Array;
  /** [B · n · 18] */
  readonly clipArea: Int32Array;
  readonly clipAreaWeight: Float32Array;
}

export interface SupervisedBatch extends SequenceBatch {
  /** [B · (n + 1) · 7]; sums to 1 over the whole step's tokens. */
  readonly weights: Float32Array;
  readonly dense: DenseTargets | null;
  /** Whether positions glance at the frames; a base learns to see without. */
  readonly glance: boolean;
}

export interface GrpoBatch extends SequenceBatch {
  readonly weights: Float32Array;
  readonly advantages: Float32Array;
  readonly oldLogProbs: Float32Array;
  readonly referenceLogProbs: Float32Array;
}

export interface SampleRequest extends SequenceBatch {
  /** [B, 7] in [0, 1); unused when greedy. */
  readonly uniforms: Float32Array;
  readonly temperature: number;
  readonly greedy: boolean;
  /** [B]: 1 where the turn must be an answer. */
  readonly forced: Int32Array;
}

export type Gradients = ReadonlyMap<string, Float32Array>;
type Weights = ReadonlyMap<string, Float32Array>;
type Stats = Readonly<Record<string, number>>;

/** The embedded policy on onnxruntime-node: every number of a step is made inside a graph. */
export class EmbeddedEngine {
  readonly spec: PolicySpec;
  readonly #sessions: Sessions;

  constructor(spec: PolicySpec, { threads }: { threads: number }) {
    this.spec = spec;
    this.#sessions = new Sessions({ threads });
  }

  zeroGradients(): Gradients {
    return new Map(parameters(this.spec).map(({ name, shape }) => [name, new Float32Array(size(shape))]));
  }

  /** Adds the supervised gradients of one micro-batch to `gradients`. */
  async supervised(
    weights: Weights,
    gradients: Gradients,
    batch: SupervisedBatch,
  ): Promise<{ gradients: Gradients; stats: Stats }> {
    const { shape, dense } = batch;
    const key = `supervised/${shape.batch}/${shape.looks}/${dense ? 'dense' : 'plain'}/${batch.glance ? 'glance' : 'blind'}`;
    const session = await this.#sessions.get(key, () =>
      supervisedGraph(this.spec, shape, { auxiliary: dense !== null, glance: batch.glance }),
    );
    const tokens = [shape.batch * (shape.looks + 1) * SLOT];
    const feeds = {
      ...this.#weights(weights),
      ...this.#gradients(gradients),
      ...sequenceFeeds(batch, shape.looks + 1),
      weights: f32(batch.weights, tokens),
      ...(dense ? denseFeeds(dense, shape) : {}),
    };
    const out = await session.run(feeds);
    return {
      gradients: this.#collect(out, 'grad/'),
      stats: scalars(out, ['actionLoss', 'auxiliaryLoss', 'hits']),
    };
  }

  /** Adds the GRPO gradients of one micro-batch to `gradients`. */
  async grpo(
    weights: Weights,
    gradients: Gradients,
    batch: GrpoBatch,
    objective: { readonly clipLow: number; readonly clipHigh: number; readonly kl: number },
  ): Promise<{ gradients: Gradients; stats: Stats }> {
    const { shape } = batch;
    const key = `grpo/${shape.batch}/${shape.looks}/${objective.clipLow}/${objective.clipHigh}/${objective.kl}`;
    const session = await this.#sessions.get(key, () => grpoGraph(this.spec, shape, objective));
    const tokens = [shape.batch * (shape.looks + 1) * SLOT];
    const out = await session.run({
      ...this.#weights(weights),
      ...this.#gradients(gradients),
      ...sequenceFeeds(batch, shape.looks + 1),
      weights: f32(batch.weights, tokens),
      advantages: f32(batch.advantages, tokens),
      oldLogProbs: f32(batch.oldLogProbs, tokens),
      referenceLogProbs: f32(batch.referenceLogProbs, tokens),
    });
    return {
      gradients: this.#collect(out, 'grad/'),
      stats: scalars(out, ['policyLoss', 'kl', 'largestLogRatio', 'clipped']),
    };
  }

  /** Log-probabilities of the batch's own actions, [B · (n + 1) · 7]. */
  async logProbs(weights: Weights, batch: SequenceBatch): Promise<Float32Array> {
    const { shape } = batch;
    const session = await this.#sessions.get(`logProbs/${shape.batch}/${shape.looks}`, () =>
      logProbGraph(this.spec, shape),
    );
    const out = await session.run({ ...this.#weights(weights), ...sequenceFeeds(batch, shape.looks + 1) });
    return out['logProbs']!.data as Float32Array;
  }

  /** One optimizer step; `t` counts from 1 for the bias correction. */
  async optimizerStep(
    state: PolicyState,
    gradients: Gradients,
    config: OptimizerGraphConfig,
    rates: { readonly lr: number; readonly muonLr: number },
  ): Promise<{ state: PolicyState; gradNorm: number }> {
    const session = await this.#sessions.get(`optimizer/${JSON.stringify(config)}`, () =>
      optimizerGraph(this.spec, config),
    );
    const steps = state.optimizer.steps + 1;
    const feeds: Record<string, ort.Tensor> = {
      ...this.#weights(state.weights),
      ...this.#gradients(gradients),
      lr: scalar(rates.lr),
      muonLr: scalar(rates.muonLr),
      correction1: scalar(1 - config.beta1 ** steps),
      correction2: scalar(1 - config.beta2 ** steps),
    };
    for (const p of parameters(this.spec)) {
      feeds[`first/${p.name}`] = f32(state.optimizer.first.get(p.name)!, p.shape);
      if (!byMuon(config, p)) feeds[`second/${p.name}`] = f32(state.optimizer.second.get(p.name)!, p.shape);
    }
    const out = await session.run(feeds);
    const second = this.#collect(out, 'second/');
    return {
      state: {
        weights: this.#collect(out, ''),
        optimizer: {
          steps,
          first: this.#collect(out, 'first/'),
          second: new Map([...state.optimizer.second].map(([name, old]) => [name, second.get(name) ?? old])),
        },
      },
      gradNorm: (out['gradNorm']!.data as Float32Array)[0]!,
    };
  }

  /** Draws one turn of every rollout: tokens [B · 7] and their log-probabilities at temperature 1. */
  async sample(
    weights: Weights,
    request: SampleRequest,
  ): Promise<{ tokens: Int32Array; logProbs: Float32Array }> {
    const { shape, greedy } = request;
    const key = `sample/${shape.batch}/${shape.looks}/${greedy ? 'greedy' : 'drawn'}`;
    const session = await this.#sessions.get(key, () => samplingGraph(this.spec, shape, greedy));
    const out = await session.run({
      ...this.#weights(weights),
      ...sequenceFeeds(request, shape.looks),
      forced: i32(request.forced, [shape.batch]),
      ...(greedy
        ? {}
        : { uniforms: f32(request.uniforms, [shape.batch, SLOT]), temperature: scalar(request.temperature) }),
    });
    return { tokens: out['tokens']!.data as Int32Array, logProbs: out['logProbs']!.data as Float32Array };
  }

  /** Features of `count` pictures of one kind by the vision stem, [count · D]. */
  async embed(
    weights: Weights,
    kind: 'clip' | 'crop',
    pictures: Uint8Array,
    count: number,
  ): Promise<Float32Array> {
    const session = await this.#sessions.get(`embed/${kind}/${count}`, () =>
      embeddingGraph(this.spec, kind, count),
    );
    const feeds: Record<string, ort.Tensor> = { pictures: u8(pictures, [count, pictures.length / count]) };
    for (const name of session.inputNames)
      if (name !== 'pictures') feeds[name] = this.#weights(weights)[name]!;
    return (await session.run(feeds))['features']!.data as Float32Array;
  }

  close(): Promise<void> {
    return this.#sessions.close();
  }

  #weights(weights: Weights): Record<string, ort.Tensor> {
    return Object.fromEntries(
      parameters(this.spec).map(({ name, shape }) => [name, f32(weights.get(name)!, shape)]),
    );
  }

  #gradients(gradients: Gradients): Record<string, ort.Tensor> {
    return Object.fromEntries(
      parameters(this.spec).map(({ name, shape }) => [`grad/${name}`, f32(gradients.get(name)!, shape)]),
    );
  }

  #collect(out: ort.InferenceSession.OnnxValueMapType, prefix: string): ReadonlyMap<string, Float32Array> {
    const found = new Map<string, Float32Array>();
    for (const { name } of parameters(this.spec)) {
      const tensor = out[`${prefix}${name}+`];
      if (tensor) found.set(name, tensor.data as Float32Array);
    }
    return found;
  }
}

function sequenceFeeds(batch: SequenceBatch, actions: number): Record<string, ort.Tensor> {
  const { shape } = batch;
  return {
    words: i32(batch.words, [shape.batch, batch.words.length / shape.batch]),
    thumbs: u8(batch.thumbs, [shape.batch, batch.thumbs.length / shape.batch]),
    ...(actions > 0 ? { actions: i32(batch.actions, [shape.batch, actions, SLOT]) } : {}),
    ...(shape.looks > 0
      ? {
          lookKinds: i32(batch.lookKinds, [shape.batch, shape.looks]),
          pixels: u8(batch.pixels, [shape.batch, batch.pixels.length / shape.batch]),
        }
      : {}),
  };
}

function denseFeeds(dense: DenseTargets, { batch, looks }: BatchShape): Record<string, ort.Tensor> {
  const scenes = [batch * MAX_FRAMES];
  const boxes = [batch * MAX_FRAMES * MAX_ROWS * 4];
  const areas = [batch * looks * LOOK_TOKENS];
  return {
    sceneKind: i32(dense.sceneKind, scenes),
    sceneKindWeight: f32(dense.sceneKindWeight, scenes),
    sceneAsked: i32(dense.sceneAsked, scenes),
    sceneAskedWeight: f32(dense.sceneAskedWeight, scenes),
    sceneBox: i32(dense.sceneBox, boxes),
    sceneBoxWeight: f32(dense.sceneBoxWeight, boxes),
    ...(looks > 0
      ? {
          clipArea: i32(dense.clipArea, areas),
          clipAreaWeight: f32(dense.clipAreaWeight, areas),
        }
      : {}),
  };
}

function scalars(out: ort.InferenceSession.OnnxValueMapType, names: readonly string[]): Stats {
  return Object.fromEntries(
    names.map((name) => [name, ((out[name] as ort.Tensor).data as Float32Array)[0]!]),
  );
}

function f32(data: Float32Array, dims: readonly number[]): ort.Tensor {
  return new ort.Tensor('float32', data, dims);
}

function i32(data: Int32Array, dims: readonly number[]): ort.Tensor {
  return new ort.Tensor('int32', data, dims);
}

function u8(data: Uint8Array, dims: readonly number[]): ort.Tensor {
  return new ort.Tensor('uint8', data, dims);
}

function scalar(x: number): ort.Tensor {
  return new ort.Tensor('float32', Float32Array.of(x), []);
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, d) => product * d, 1);
}
