import type * as ort from 'onnxruntime-node';
import { SLOT } from '../domain/protocol/compact.js';
import type { SamplingOptions } from '../domain/sampling.js';
import type { GrpoBatch, SequenceBatch, SupervisedBatch } from './batches.js';
import { requireContext, requireRolloutRoom } from './context.js';
import type { Device } from './devices.js';
import { denseFeeds, f32, scalar, sequenceFeeds, u8, type Feeds } from './feeds.js';
import { byMuon, optimizerGraph, type OptimizerGraphConfig } from './optim/optimizer-graph.js';
import { encoderGraph } from './policy/encoder-graph.js';
import { parameters, type PolicySpec } from './policy/spec.js';
import type { PolicyState } from './policy/state.js';
import { grpoGraph, logitsGraph, logProbGraph, supervisedGraph } from './policy/training-graphs.js';
import type { DrawnTurn, TurnRequest } from './sampling/rollouts.js';
import { Sampler } from './sampling/sampler.js';
import { Sessions } from './sessions.js';
import { slab } from './slab.js';

export type Gradients = ReadonlyMap<string, Float32Array>;
type Weights = ReadonlyMap<string, Float32Array>;
type Stats = Readonly<Record<string, number>>;

export interface EngineOptions {
  readonly threads: number;
  /** Default: cpu. */
  readonly device?: Device;
  /** Rollouts sampled at once, at most; default: 64. */
  readonly capacity?: number;
}

/**
 * The embedded policy on onnxruntime-node: every number of a step is made inside a graph. Its numbers are exact on the
 * `cpu` (the sampler's are the trainer's, bit for bit, whatever the batch and the threads); `cuda` promises nothing.
 */
export class EmbeddedEngine {
  readonly spec: PolicySpec;
  readonly #sessions: Sessions;
  readonly #sampler: Sampler;
  /** Tensors over the very arrays that training makes: sampling shares them. */
  readonly #feeds = new WeakMap<Weights, Feeds>();

  constructor(spec: PolicySpec, { threads, device = 'cpu', capacity = 64 }: EngineOptions) {
    this.spec = spec;
    this.#sessions = new Sessions({ threads, device, policy: spec });
    this.#sampler = new Sampler({ spec, sessions: this.#sessions }, { capacity });
  }

  zeroGradients(): Gradients {
    const zeros = this.#roomFor(['grad/']);
    for (const { data } of Object.values(zeros)) (data as Float32Array).fill(0);
    return this.#collect(zeros, 'grad/');
  }

  /** Adds the supervised gradients of one micro-batch to `gradients`. */
  async supervised(
    weights: Weights,
    gradients: Gradients,
    batch: SupervisedBatch,
  ): Promise<{ gradients: Gradients; stats: Stats }> {
    const { shape, dense } = batch;
    requireContext(this.spec, batch);
    const key = `supervised/${shape.batch}/${shape.looks}/${dense ? 'dense' : 'plain'}/${batch.glance ? 'glance' : 'blind'}`;
    const out = await this.#sessions.run(
      key,
      () => supervisedGraph(this.spec, shape, { auxiliary: dense !== null, glance: batch.glance }),
      {
        ...this.#weights(weights),
        ...this.#gradients(gradients),
        ...sequenceFeeds(batch),
        weights: f32(batch.weights, tokensOf(batch)),
        ...(dense ? denseFeeds(dense, shape) : {}),
      },
      this.#roomFor(['grad/']),
    );
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
    requireContext(this.spec, batch);
    const key = `grpo/${shape.batch}/${shape.looks}/${objective.clipLow}/${objective.clipHigh}/${objective.kl}`;
    const tokens = tokensOf(batch);
    const out = await this.#sessions.run(
      key,
      () => grpoGraph(this.spec, shape, objective),
      {
        ...this.#weights(weights),
        ...this.#gradients(gradients),
        ...sequenceFeeds(batch),
        weights: f32(batch.weights, tokens),
        advantages: f32(batch.advantages, tokens),
        oldLogProbs: f32(batch.oldLogProbs, tokens),
        referenceLogProbs: f32(batch.referenceLogProbs, tokens),
      },
      this.#roomFor(['grad/']),
    );
    return {
      gradients: this.#collect(out, 'grad/'),
      stats: scalars(out, ['policyLoss', 'kl', 'largestLogRatio', 'clipped']),
    };
  }

  /** Log-probabilities of the batch's own actions, [B · (n + 1) · 7]. */
  async logProbs(weights: Weights, batch: SequenceBatch): Promise<Float32Array> {
    const { shape } = batch;
    requireContext(this.spec, batch);
    const out = await this.#sessions.run(
      `logProbs/${shape.batch}/${shape.looks}`,
      () => logProbGraph(this.spec, shape),
      { ...this.#weights(weights), ...sequenceFeeds(batch) },
    );
    return out['logProbs']!.data as Float32Array;
  }

  /** Logits by name (`logits`, `scene`, and `marks` where there are looks), as `logitsGraph` shapes them. */
  async logits(weights: Weights, batch: SequenceBatch): Promise<ReadonlyMap<string, Float32Array>> {
    const { shape } = batch;
    requireContext(this.spec, batch);
    const out = await this.#sessions.run(
      `logits/${shape.batch}/${shape.looks}`,
      () => logitsGraph(this.spec, shape),
      { ...this.#weights(weights), ...sequenceFeeds(batch) },
    );
    return new Map(Object.entries(out).map(([name, { data }]) => [name, data as Float32Array]));
  }

  /** One optimizer step; `t` counts from 1 for the bias correction. */
  async optimizerStep(
    state: PolicyState,
    gradients: Gradients,
    config: OptimizerGraphConfig,
    rates: { readonly lr: number; readonly muonLr: number },
  ): Promise<{ state: PolicyState; gradNorm: number; weightNorm: number }> {
    const steps = state.optimizer.steps + 1;
    const feeds: Feeds = {
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
    const out = await this.#sessions.run(
      `optimizer/${JSON.stringify(config)}`,
      () => optimizerGraph(this.spec, config),
      feeds,
      this.#roomFor(['', 'first/', 'second/']),
    );
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
      weightNorm: (out['weightNorm']!.data as Float32Array)[0]!,
    };
  }

  /** Draws a rollout's next turn, in a batch with whatever else waits for the same turn (`Sampler`). */
  async drawTurn(
    weights: Weights,
    options: SamplingOptions,
    request: TurnRequest,
    signal?: AbortSignal,
  ): Promise<DrawnTurn> {
    requireRolloutRoom(this.spec, request.rollout);
    return this.#sampler.draw(this.#weights(weights), options, request, signal);
  }

  /** Features of `count` pictures of one kind by the vision stem, [count · D]. */
  async embed(
    weights: Weights,
    kind: 'clip' | 'crop',
    pictures: Uint8Array,
    count: number,
  ): Promise<Float32Array> {
    const out = await this.#sessions.run(
      `encode/${kind}/${count}`,
      () => encoderGraph(this.spec, kind, count),
      { ...this.#weights(weights), pictures: u8(pictures, [count, pictures.length / count]) },
    );
    return out['features']!.data as Float32Array;
  }

  close(): Promise<void> {
    return this.#sessions.close();
  }

  #weights(weights: Weights): Feeds {
    const known = this.#feeds.get(weights);
    if (known) return known;
    const feeds = Object.fromEntries(
      parameters(this.spec).map(({ name, shape }) => [name, f32(weights.get(name)!, shape)]),
    );
    this.#feeds.set(weights, feeds);
    return feeds;
  }

  #gradients(gradients: Gradients): Feeds {
    return Object.fromEntries(
      parameters(this.spec).map(({ name, shape }) => [`grad/${name}`, f32(gradients.get(name)!, shape)]),
    );
  }

  /** Memory for outputs of every parameter, by prefixes of their names. */
  #roomFor(prefixes: readonly string[]): Feeds {
    return slab(
      prefixes.flatMap((prefix) =>
        parameters(this.spec).map(({ name, shape }) => ({ name: `${prefix}${name}+`, shape })),
      ),
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

/** One number a token of the batch's action slots. */
function tokensOf({ shape }: SequenceBatch): readonly [number] {
  return [shape.batch * (shape.looks + 1) * SLOT];
}

function scalars(out: ort.InferenceSession.OnnxValueMapType, names: readonly string[]): Stats {
  return Object.fromEntries(
    names.map((name) => [name, ((out[name] as ort.Tensor).data as Float32Array)[0]!]),
  );
}
