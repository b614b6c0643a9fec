import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { TrainSupervisedInput, DataSet } from '../../activities/contract.js';
import { DataSets, parseLines } from '../../activities/datasets.js';
import { createPrepareData } from '../../activities/prepare-data.js';
import type { DemonstratedConversation } from '../../activities/torch/demonstrations.js';
import { TokenModels } from '../../activities/torch/models.js';
import { Openings } from '../../activities/torch/openings.js';
import { createTorchStartPolicy } from '../../activities/torch/start-policy.js';
import { TokenStates } from '../../activities/torch/states.js';
import { createTorchSynthesize } from '../../activities/torch/synthesize.js';
import { createTorchTrainSupervised } from '../../activities/torch/train-supervised.js';
import { parseCurriculum } from '../../configs/load.js';
import type { SftStage } from '../../domain/curriculum.js';
import type { CheckpointRef } from '../../domain/refs.js';
import { commitWithManifest, readManifest } from '../../infra/store/manifest.js';
import { PictureTools } from '../../infra/tools/look.js';
import { VideoPhotographer } from '../../infra/tools/shown.js';
import { torchEngineOf } from '../../infra/torch/from-policy.js';
import type { TorchEngine } from '../../infra/torch/torch-engine.js';
import { resolveVideo } from '../../infra/video/resolve.js';
import { MemoryStore } from '../support/memory-store.js';
import { compiledWriter } from '../world/compiled.js';

/** Two videos, one small stage; `stage` is put over it. */
export function small(given: { readonly policy?: string; readonly stage?: string } = {}) {
  return parseCurriculum(
    `
name: small
policy:
  engine: torch
  model: { type: tiny }
  dtype: fp32
  adapter: { type: full }
  maxLooks: 2
  view: { frames: 2, overviewPixels: 3136, clipPixels: 3136, cropPixels: 3136 }
  prompt: prompts/short.yaml
  ${given.policy ?? ''}
data: { world: { train: { videos: 2 }, test: { videos: 1 } } }
stages:
  - name: SFT
    type: sft
    trajectories: { style: drp, count: 4 ${given.stage ?? ''} }
    steps: 6
    batchSize: 4
    optimizer: { type: adamw, lr: 5e-3 }
compute: { threads: 1, microBatch: 2 }
`,
    join('configs', 'small.yaml'),
  );
}

/** Everything that the supervised activities stand on, real but for the store, which is in memory. */
export class SmallTorchTraining {
  readonly store = new MemoryStore();
  readonly dataSets = new DataSets(this.store);
  readonly curriculum;
  readonly models: TokenModels;
  readonly states: TokenStates;
  readonly #dir: string;
  readonly #engines: TorchEngine[] = [];

  constructor(dir: string, curriculum = small()) {
    this.#dir = dir;
    this.curriculum = curriculum;
    const commits = {
      commit: (...commit: Rest<typeof commitWithManifest>) => commitWithManifest(this.store, ...commit),
      read: (prefix: string) => readManifest(this.store, prefix),
    };
    this.states = new TokenStates(this.store, commits, join(dir, `states-${crypto.randomUUID()}`));
    this.models = new TokenModels(async (policy, compute) => {
      const engine = await torchEngineOf(policy, compute, join(dir, 'torch.log'));
      this.#engines.push(engine);
      return engine;
    });
  }

  get stage(): SftStage {
    return this.curriculum.stages[0] as SftStage;
  }

  get engine(): TorchEngine {
    return this.#engines.at(-1)!;
  }

  /** Kills the process that computes; resolves once that is noticed. */
  async kill(): Promise<void> {
    process.kill(this.engine.pid!, 'SIGKILL');
    while (this.engine.pid !== null) await setTimeout(5);
  }

  async demonstrations({ parts }: TrainSupervisedInput['set']): Promise<readonly DemonstratedConversation[]> {
    const lines = await Promise.all(parts.map((part) => this.store.get(part)));
    return lines.flatMap((part) => parseLines<DemonstratedConversation>(part));
  }

  async data(): Promise<DataSet> {
    const { reader } = await resolveVideo();
    const { writeWorld, remove } = await compiledWriter();
    const deps = { store: this.store, tools: new PictureTools(reader), writeWorld, dataDir: this.#dir };
    const { data } = this.curriculum;
    if (!('world' in data)) throw new Error('not the small world');
    const { train, seed } = data.world;
    const { videos, questionsPerVideo } = train;
    const request = { run: 'run', split: 'train', seed, videos, questionsPerVideo } as const;
    return createPrepareData(deps)(request).finally(remove);
  }

  async synthesize(data: DataSet, stage: SftStage = this.stage) {
    const photographer = new VideoPhotographer((await resolveVideo()).reader);
    const openings = new Openings(this.store, this.dataSets, photographer);
    const { seed, policy } = this.curriculum;
    const at = { run: 'run', stage: stage.name, step: 0 };
    return createTorchSynthesize({ store: this.store, dataSets: this.dataSets, openings, photographer })({
      ...{ at, seed, data, stage, policy, part: 0, parts: 1 },
    });
  }

  start(run: string): Promise<CheckpointRef> {
    const { seed, policy, compute } = this.curriculum;
    return createTorchStartPolicy(this)({ run, seed, policy, compute, baseWeights: null });
  }

  /** Steps of the stage in one activity. */
  async train(
    run: string,
    set: TrainSupervisedInput['set'],
    checkpoint: CheckpointRef,
    [fromStep, toStep]: readonly [number, number],
  ) {
    const { stage } = this;
    const { seed, policy, compute } = this.curriculum;
    const at = { run, stage: stage.name, step: toStep };
    return createTorchTrainSupervised(this)({
      ...{ at, seed, policy, compute, stage, fromStep, toStep, checkpoint, set },
    });
  }

  close(): Promise<void> {
    return this.models.close();
  }
}

type Rest<F> = F extends (store: never, ...rest: infer R) => unknown ? R : never;
