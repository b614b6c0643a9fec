import { Checkpoints } from '../../activities/checkpoints.js';
import type { DataSet, TrainRlInput, TrainSupervisedInput } from '../../activities/contract.js';
import { toJson, type DataSets, type LoadedDataSet } from '../../activities/datasets.js';
import { Engines } from '../../activities/engines.js';
import { packSequences, type Sequence } from '../../activities/packs.js';
import { packObservations, type SampledRecords } from '../../activities/rollouts.js';
import type { TrainDeps } from '../../activities/train-supervised.js';
import type { OptimizerConfig, RlStage, SftStage } from '../../domain/curriculum.js';
import { encodeAction, encodeQuestion, SLOT } from '../../domain/protocol/compact.js';
import type { CheckpointRef, Ref } from '../../domain/refs.js';
import { EmbeddedEngine } from '../../engine/embedded-engine.js';
import { LOOK_CLIP } from '../../engine/policy/spec.js';
import { freshOptimizer, freshWeights, type PolicyState } from '../../engine/policy/state.js';
import { commitWithManifest, readManifest } from '../../infra/store/manifest.js';
import { MemoryStore } from '../support/memory-store.js';

export const POLICY = {
  engine: 'onnx',
  base: { type: 'fresh' },
  width: 32,
  layers: 1,
  heads: 4,
  maxLooks: 3,
  grammar: false,
} as const;
const COMPUTE = { device: 'cpu', ranks: 1, threads: 1, microBatch: 2 } as const;
const OPTIMIZER: OptimizerConfig = {
  type: 'adamw',
  lr: 1e-3,
  lrEnd: 1e-3,
  muonLr: 0,
  muonLrEnd: 0,
  decayShare: 0,
  decay: 'linear',
  warmupSteps: 0,
  weightDecay: 0,
  beta1: 0.9,
  beta2: 0.95,
  clipNorm: 1,
};
const QUESTION = 'What can you read on the sign?';
const DATA: LoadedDataSet = {
  dir: '/nowhere',
  videos: ['v.mp4'],
  videoIndex: new Map([['v.mp4', 0]]),
  questions: [
    {
      id: 'q',
      video: 'v.mp4',
      question: QUESTION,
      task: 'read',
      looks: 'crop',
      answers: ['7'],
      evidence: [],
    },
  ],
  truths: [],
  trajectories: [],
  overviewOf: () => new Uint8Array(8 * 18 * 32).fill(100),
};
const ANSWER = encodeAction({ tool: 'answer', text: '7' });
const CLIP = encodeAction({ tool: 'clip', targetFrames: [2] });

/** A demonstration of `looks` clips and an answer. */
export function demonstrationOf(looks: number): Sequence {
  return {
    video: 0,
    words: encodeQuestion(QUESTION).tokens,
    actions: [...Array.from({ length: looks }, () => CLIP), ANSWER],
    masks: Array.from({ length: looks + 1 }, () => new Array<1>(SLOT).fill(1)),
    looks: Array.from({ length: looks }, () => ({
      kind: LOOK_CLIP,
      frame: 2,
      pixels: new Uint8Array(108 * 54),
    })),
    asked: [],
  };
}

/** Everything that training activities stand on, real but for the store (in memory) and the data (one question). */
export class SmallTraining {
  readonly store = new MemoryStore();
  readonly checkpoints = new Checkpoints(this.store, {
    commit: (prefix, parts, extra) => commitWithManifest(this.store, prefix, parts, extra),
    read: (prefix) => readManifest(this.store, prefix),
  });
  readonly #engines = new Engines((spec, options) => new EmbeddedEngine(spec, options));
  readonly deps: TrainDeps = {
    store: this.store,
    checkpoints: this.checkpoints,
    engines: this.#engines,
    dataSets: { load: () => Promise.resolve(DATA) } as unknown as DataSets,
  };

  /** Commits a policy to start from; `spoil` may write into its state before. */
  start(spoil: (state: PolicyState) => void = () => undefined): Promise<CheckpointRef> {
    const state = { weights: freshWeights(POLICY, 1), optimizer: freshOptimizer(POLICY) };
    spoil(state);
    const version = { stage: 'base', step: 0 };
    return this.checkpoints.save('run', POLICY, state, { version, metrics: {}, timeMs: {} });
  }

  async supervised(
    checkpoint: CheckpointRef,
    options: { readonly optimizer?: Partial<OptimizerConfig>; readonly looks?: number } = {},
  ): Promise<TrainSupervisedInput> {
    const { looks = 1 } = options;
    const sequences = [demonstrationOf(looks), demonstrationOf(looks)];
    const stage: SftStage = {
      name: 'DRP-SFT',
      type: 'sft',
      from: 'base',
      baseline: false,
      trajectories: { style: 'drp', count: 2, boxNoise: 0, singleToolShare: 0, readingShare: 0 },
      steps: 4,
      batchSize: 2,
      stepsPerCommit: 4,
      auxiliaryWeight: 0,
      optimizer: { ...OPTIMIZER, ...options.optimizer },
    };
    return {
      ...(await this.#common(checkpoint)),
      at: { run: 'run', stage: stage.name, step: 4 },
      stage,
      fromStep: 0,
      toStep: 4,
      set: {
        data: await this.#dataSet(),
        parts: [await this.store.put('pack', packSequences(sequences, looks), 'trajectories')],
        count: 2,
      },
    };
  }

  /** Step 3 of an RL stage: two rollouts of one question, each a clip and an answer. */
  async reinforced(checkpoint: CheckpointRef, advantages: readonly number[]): Promise<TrainRlInput> {
    const turn = async (name: string, tokens: readonly number[]): Promise<Ref> => {
      const record = { tokens, logProbs: new Array<number>(SLOT).fill(-3), forced: 0 };
      const records: SampledRecords = [record, record];
      return this.store.put(name, toJson(records), 'turn');
    };
    const call = { tool: 'clip', targetFrames: [2] } as const;
    const look = { frame: 2, box01: null, widthPx: 108, heightPx: 54, offset: 0 };
    const observation = { kind: 'looks', call, looks: [look] } as const;
    const observed = packObservations({
      observations: [observation, observation],
      pixels: new Uint8Array(108 * 54),
    });
    const scored = {
      turns: [await turn('turn-0', CLIP), await turn('turn-1', ANSWER)],
      observations: [await this.store.put('looks-0', observed, 'observations')],
      questions: [0],
      groupSize: 2,
      advantages: [advantages],
    };
    const objective = { clipLow: 0.2, clipHigh: 0.28, kl: 0.01, advantageEps: 0.05 };
    return {
      ...(await this.#common(checkpoint)),
      at: { run: 'run', stage: 'RL_d', step: 2 },
      stage: { name: 'RL_d', type: 'rl', steps: 5, objective, optimizer: OPTIMIZER } as unknown as RlStage,
      data: await this.#dataSet(),
      reference: checkpoint,
      scored: [await this.store.put('scored', toJson(scored), 'scored')],
    };
  }

  /** What checkpoints there are, by the places of their manifests. */
  async committed(): Promise<readonly string[]> {
    return (await this.store.list('runs/')).filter((key) => key.endsWith('MANIFEST.json'));
  }

  close(): Promise<void> {
    return this.#engines.close();
  }

  async #common(
    checkpoint: CheckpointRef,
  ): Promise<Pick<TrainRlInput, 'seed' | 'policy' | 'compute' | 'checkpoint'>> {
    return Promise.resolve({ seed: 1, policy: POLICY, compute: COMPUTE, checkpoint });
  }

  async #dataSet(): Promise<DataSet> {
    const ref = await this.store.put('dataset', toJson({}), 'dataset');
    return { split: 'train', videos: 1, questions: 1, ref };
  }
}
