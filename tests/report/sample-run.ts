import { join } from 'node:path';
import type { WriteReportInput } from '../../activities/contract.js';
import type { LoadedDataSet } from '../../activities/datasets.js';
import { toLines } from '../../activities/datasets.js';
import type { ObjectStore } from '../../activities/ports.js';
import type { WriteReportDeps } from '../../activities/report.js';
import type { Curriculum, OptimizerConfig, RlStage, SftStage } from '../../domain/curriculum.js';
import type { GradedRollout } from '../../domain/graded.js';
import type { Ref } from '../../domain/refs.js';
import { DEFAULT_PICTURES } from '../../domain/tools/pictures.js';
import type { Question } from '../../domain/world/records.js';
import { reportPage } from '../../infra/report/html/page.js';
import { VideoLookRenderer } from '../../infra/report/look-renderer.js';
import { NodeAvReader } from '../../infra/video/node-av-reader.js';
import { MemoryStore } from '../support/memory-store.js';
import { sampleRollout, sampleSeries, sampleWorld } from './sample.js';

export interface SampleRun {
  readonly input: WriteReportInput;
  readonly deps: WriteReportDeps;
  readonly store: ObjectStore;
  /** By stage, as they went into the store. */
  readonly graded: ReadonlyMap<string, readonly GradedRollout[]>;
  readonly trainQuestions: readonly Question[];
}

/** Every `n`th question is answered wrongly after each stage; `direct` is the baseline. */
const WRONG_EVERY = { base: 1.1, direct: 1.2, 'DRP-SFT': 2, RL_d: 3, 'CRP-SFT': 4, RL_c: 5 } as const;

/** A finished run over real videos in `dir`, whose graded rollouts and series lie in a store. */
export async function sampleRun(
  dir: string,
  change?: (graded: GradedRollout) => GradedRollout,
): Promise<SampleRun> {
  const questions = await sampleWorld(dir, 3, 8);
  const store = new MemoryStore();
  const graded = new Map(
    Object.entries(WRONG_EVERY).map(([stage, every]) => [
      stage,
      questions.map((question, index) => {
        const one = sampleRollout(question, dir, Math.floor((index + 1) % every) !== 0);
        return change === undefined ? one : change(one);
      }),
    ]),
  );
  const evaluations = await Promise.all(
    [...graded].map(async ([stage, all]) => ({
      stage,
      graded: await Promise.all(
        [all.slice(0, 9), all.slice(9)].map((part, n) =>
          store.put(`${stage}/${n}`, toLines(part), 'trajectories'),
        ),
      ),
    })),
  );
  const series = [await store.put('series', toLines(sampleSeries()), 'metrics')];
  const data = { split: 'test' as const, videos: 3, questions: questions.length, ref: series[0] as Ref };
  const ledger = { sampled: 3200, trained: 2110, filtered: { 'all rewards equal': 1090 }, quarantined: {} };
  const loaded: Pick<LoadedDataSet, 'questions'> = { questions };
  return {
    input: {
      run: 'sample-run',
      curriculum: curriculum(),
      test: data,
      train: data,
      evaluations,
      series,
      ledger,
    },
    deps: {
      store,
      datasets: { load: async () => ({ ...NO_VIDEOS, ...loaded, dir: join(dir, 'videos') }) },
      renderer: new VideoLookRenderer(new NodeAvReader(), DEFAULT_PICTURES),
      page: reportPage,
      madeBy: async () => ({ ffmpeg: 'a decoder 1.0', onnxruntime: '1.30.0', cpu: 'a kind of CPU' }),
      temporalUi: (run) => `http://127.0.0.1:8233/namespaces/default/workflows/${run}`,
    },
    store,
    graded,
    trainQuestions: questions,
  };
}

const NO_VIDEOS: Omit<LoadedDataSet, 'dir' | 'questions'> = {
  videos: [],
  videoIndex: new Map(),
  truths: [],
  trajectories: [],
  overviewOf: () => new Uint8Array(0),
};

function curriculum(): Curriculum {
  const sft = (name: string, from: string, style: SftStage['trajectories']['style']): SftStage => ({
    type: 'sft',
    name,
    from,
    baseline: style === 'direct',
    optimizer: OPTIMIZER,
    trajectories: { style, count: 100, boxNoise: 0.3, singleToolShare: 0.2, readingShare: 0.2 },
    steps: 600,
    batchSize: 64,
    stepsPerCommit: 30,
    auxiliaryWeight: 0.5,
  });
  const rl = (name: string, from: string): RlStage => ({ ...RL, name, from });
  return {
    name: 'sample',
    seed: 1,
    policy: {
      engine: 'onnx',
      base: { type: 'fresh' },
      width: 64,
      layers: 2,
      heads: 2,
      maxLooks: 3,
      grammar: false,
    },
    data: { world: { seed: 7, train: PART, validation: PART, test: PART } },
    stages: [
      sft('DRP-SFT', 'base', 'drp'),
      rl('RL_d', 'DRP-SFT'),
      sft('CRP-SFT', 'RL_d', 'crp'),
      rl('RL_c', 'CRP-SFT'),
      sft('direct', 'base', 'direct'),
    ],
    evaluation: { single: 12, several: 12, shown: 12 },
    compute: { device: 'cpu', ranks: 1, threads: 2, microBatch: 16 },
  };
}

const PART = { videos: 3, questionsPerVideo: 8 };

const OPTIMIZER: OptimizerConfig = {
  type: 'adamw',
  lr: 1e-3,
  lrEnd: 1e-4,
  muonLr: 0,
  muonLrEnd: 0,
  decayShare: 0.5,
  decay: 'linear',
  warmupSteps: 0,
  weightDecay: 0,
  beta1: 0.9,
  beta2: 0.95,
  clipNorm: 1,
};

const RL: RlStage = {
  type: 'rl',
  name: 'RL',
  from: 'base',
  baseline: false,
  optimizer: OPTIMIZER,
  steps: 40,
  questionsPerStep: 32,
  groupSize: 8,
  groupsPerShard: 16,
  questions: ['crop', 'clip'],
  temperature: 1,
  topP: 1,
  objective: { clipLow: 0.2, clipHigh: 0.28, kl: 0.01, advantageEps: 0.05 },
  rewards: {
    formatWeight: 0.1,
    diversity: 0.1,
    representativeness: 0.1,
    curiosity: { weight: 1, alpha: 0.5, threshold: 0.3, beta: 0.05, minCalls: 1 },
  },
};
