import { join } from 'node:path';
import type { DataSet, Shard } from '../../activities/contract.js';
import { toJson, toLines, DataSets, type DataSetManifest } from '../../activities/datasets.js';
import { ConversationBatch, type Said } from '../../activities/torch/conversations.js';
import { TokenModels } from '../../activities/torch/models.js';
import { Openings } from '../../activities/torch/openings.js';
import { createTorchGradeShard } from '../../activities/torch/grade-shard.js';
import { createTorchRunTools } from '../../activities/torch/run-tools.js';
import { createTorchSampleTurn } from '../../activities/torch/sample-turn.js';
import { createTorchScoreShard } from '../../activities/torch/score-shard.js';
import { createTorchStartPolicy } from '../../activities/torch/start-policy.js';
import { TokenStates } from '../../activities/torch/states.js';
import { createTorchTrainRl } from '../../activities/torch/train-rl.js';
import { runLook } from '../../activities/conversation/run-look.js';
import type { RlStage, TorchPolicy } from '../../domain/curriculum.js';
import { printMessage } from '../../domain/protocol/text.js';
import type { CheckpointRef, Ref } from '../../domain/refs.js';
import type { Action } from '../../domain/trajectory.js';
import { commitWithManifest, readManifest } from '../../infra/store/manifest.js';
import { torchEngineOf } from '../../infra/torch/from-policy.js';
import type { TorchEngine } from '../../infra/torch/torch-engine.js';
import { VideoPhotographer } from '../../infra/tools/shown.js';
import { NodeAvReader } from '../../infra/video/node-av-reader.js';
import { sampleWorld } from '../report/sample.js';
import { MemoryStore } from '../support/memory-store.js';

export const POLICY: TorchPolicy = {
  engine: 'torch',
  model: { type: 'tiny', family: 'qwen2.5-vl', seed: 1 },
  adapter: { type: 'full' },
  dtype: 'fp32',
  gradientCheckpointing: false,
  contextTokens: null,
  maxLooks: 2,
  maxTokens: 90,
  keepCheckpoints: 4,
  view: {
    ...{ fps: 1, frames: 2, format: 'png' },
    ...{ overviewPixels: 56 * 56, clipPixels: 2 * 56 * 56, cropPixels: 2 * 56 * 56 },
  },
  prompt: {
    ...{ tools: 'Look.', text: 'Look.', opening: '{shown} frames:', question: '{question}' },
    ...{ final: 'Answer now.', shots: [] },
  },
};
export const COMPUTE = { device: 'cpu', ranks: 1, threads: 1, microBatch: 2 } as const;

export const STAGE: RlStage = {
  ...{ type: 'rl', name: 'RL_d', from: 'base', baseline: false, steps: 4 },
  ...{ questionsPerStep: 2, groupSize: 8, groupsPerShard: 2, questions: ['crop', 'clip'] },
  ...{ temperature: 0.8, topP: 1 },
  objective: { clipLow: 0.2, clipHigh: 0.28, kl: 0.01, advantageEps: 0.05 },
  rewards: {
    ...{ formatWeight: 0.5, diversity: 0.1, representativeness: 1 },
    curiosity: { weight: 1, alpha: 0.5, threshold: 0.9, beta: 0.05, minCalls: 1 },
  },
  optimizer: {
    ...{ type: 'adamw', lr: 1e-3, lrEnd: 1e-3, muonLr: 0, muonLrEnd: 0, decayShare: 0, decay: 'linear' },
    ...{ warmupSteps: 0, weightDecay: 0, beta1: 0.9, beta2: 0.95, clipNorm: 1 },
  },
};

type Verb = 'sample' | 'forwardBackward' | 'optimStep' | 'embed';

/** The activities of one shard, real but for the store (in memory), whose Python process can be killed where one likes. */
export class SmallShard {
  readonly store: MemoryStore;
  /** The verb at which the process dies next. */
  killAt: Verb | null = null;
  engine: TorchEngine | null = null;
  readonly models: TokenModels;
  readonly states: TokenStates;
  readonly photographer = new VideoPhotographer(new NodeAvReader());
  readonly openings: Openings;
  readonly sampleTurn;
  readonly runTools;
  readonly scoreShard;
  readonly trainRl;
  readonly gradeShard;
  readonly #startPolicy;

  /**
   * @param folder for what the process writes
   * @param from what is in the store at first, and whose process is used
   */
  constructor(
    folder: string,
    from: { readonly objects?: ReadonlyMap<string, Uint8Array>; readonly models?: TokenModels } = {},
  ) {
    const store = new MemoryStore();
    for (const [key, body] of from.objects ?? []) store.objects.set(key, body);
    const dataSets = new DataSets(store);
    const openings = new Openings(store, dataSets, this.photographer);
    const made = new TokenModels(async (policy, compute) => {
      this.engine = await torchEngineOf(policy, compute, join(folder, 'torch.log'));
      return this.#mortal(this.engine);
    });
    const models = from.models ?? made;
    const states = new TokenStates(
      store,
      {
        commit: (prefix, parts, extra) => commitWithManifest(store, prefix, parts, extra),
        read: (prefix) => readManifest(store, prefix),
      },
      join(folder, 'states'),
    );
    const { photographer } = this;
    this.store = store;
    this.models = models;
    this.states = states;
    this.openings = openings;
    this.#startPolicy = createTorchStartPolicy({ models, states });
    this.sampleTurn = createTorchSampleTurn({ store, openings, models, states });
    this.runTools = createTorchRunTools({ store, openings, photographer });
    this.scoreShard = createTorchScoreShard({ store, dataSets, openings, photographer, models, states });
    this.trainRl = createTorchTrainRl({ store, openings, models, states });
    this.gradeShard = createTorchGradeShard({ store, dataSets, openings });
  }

  /** Kills the process as soon as it has been asked for the verb. */
  #mortal(engine: TorchEngine): TorchEngine {
    return new Proxy(engine, {
      get: (_, name) => {
        const value = Reflect.get(engine, name, engine) as unknown;
        if (typeof value !== 'function') return value;
        const ask = value.bind(engine) as (...given: unknown[]) => unknown;
        if (name !== this.killAt) return ask;
        this.killAt = null;
        return async (...given: unknown[]) => {
          await engine.start();
          const answer = ask(...given);
          setImmediate(() => process.kill(engine.pid!, 'SIGKILL'));
          return answer;
        };
      },
    });
  }

  /** A process that dies while nothing is asked of it. */
  async kill(): Promise<void> {
    const { engine } = this;
    if (engine?.pid == null) throw new Error('expected a process to kill');
    process.kill(engine.pid, 'SIGKILL');
    while (engine.pid !== null) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  /** Real videos of the small world and their questions, as a data set without thumbnails. */
  async data(dir: string): Promise<DataSet> {
    const questions = await sampleWorld(dir, 1, 4);
    const manifest: DataSetManifest = {
      dir,
      videos: [...new Set(questions.map(({ video }) => video))],
      questions: await this.store.put('questions', toLines(questions), 'questions'),
      ...{ scenes: null, overview: null },
    };
    const ref = await this.store.put('dataset', toJson(manifest), 'dataset');
    return { split: 'train', videos: manifest.videos.length, questions: questions.length, ref };
  }

  /**
   * A policy that knows some of the protocol: trained for `steps` on two ways to answer a question, one at once and one
   * after a clip.
   */
  async taught(data: DataSet, steps: number): Promise<CheckpointRef> {
    await this.#startPolicy({ run: 'run', seed: 1, policy: POLICY, compute: COMPUTE, baseWeights: null });
    const batch = new ConversationBatch(POLICY);
    const opening = await this.openings.of(data, 0, POLICY.view);
    const answer: Action = { tool: 'answer', text: opening.question.answers[0]! };
    const clip: Action = { tool: 'clip', targetFrames: [2] };
    const asked = { video: opening.video, file: opening.question.video, view: POLICY.view, action: clip };
    const looked = await runLook(this, asked);
    const said = (action: Action): Said => {
      return { thought: null, action, text: printMessage(null, action), sampled: null };
    };
    const sequences = [[], [clip]].map((actions) => {
      const { messages } = batch.conversation(opening, actions.map(said), [looked], false);
      const last = { role: 'assistant', text: printMessage(null, answer) } as const;
      return { conversation: { messages: [...messages, last] } };
    });
    const blobs = await batch.blobs(this.store);
    const version = { stage: 'DRP-SFT', step: steps };
    return this.models.use(POLICY, COMPUTE, async (model) => {
      for (let step = 0; step < steps; step++) {
        await model.forwardBackward({ objective: { type: 'sft' }, sequences, microBatch: 2 }, { blobs });
        await model.optimStep({ lr: 0.01, beta1: 0.9, beta2: 0.95, weightDecay: 0, clipNorm: 1, calls: 1 });
      }
      return this.states.save('run', model, { version, metrics: {}, timeMs: {} });
    });
  }

  /** Whole rollouts of a shard, by the loop of workflows/rollout.ts. */
  async rollOut(shard: Shard): Promise<{ readonly turns: Ref[]; readonly observations: Ref[] }> {
    const [turns, observations]: [Ref[], Ref[]] = [[], []];
    for (let turn = 0; ; turn++) {
      const sampled = await this.sampleTurn({ shard, turn, turns, observations });
      turns.push(sampled.ref);
      if (sampled.open === 0 || turn >= shard.sampling.maxLooks) return { turns, observations };
      observations.push((await this.runTools({ shard, turn, sampled: sampled.ref })).ref);
    }
  }
}
