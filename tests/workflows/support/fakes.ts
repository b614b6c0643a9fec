import type {
  CpuActivities,
  DataSet,
  ReportRow,
  RolloutActivities,
  RolloutSums,
  TrainActivities,
  TrainRlInput,
  TrainSupervisedInput,
  SampleTurnInput,
  RunToolsInput,
  WriteReportInput,
  StepRecord,
  ScoreShardInput,
} from '../../../activities/contract.js';
import type { CheckpointRef, Ref, RefKind } from '../../../domain/refs.js';
import { questionsOfSteps } from '../../../domain/question-order.js';

type Activities = CpuActivities & RolloutActivities & TrainActivities;

/** What the fakes were asked, in the order in which they were asked. */
export interface Calls {
  readonly order: string[];
  readonly sampled: SampleTurnInput[];
  readonly tools: RunToolsInput[];
  readonly scored: ScoreShardInput[];
  readonly supervised: TrainSupervisedInput[];
  readonly rl: TrainRlInput[];
  readonly records: StepRecord[];
  readonly reports: WriteReportInput[];
}

export function ref(name: string, kind: RefKind): Ref {
  return { uri: `s3://test/${name}`, sha256: name, bytes: name.length, kind };
}

export function checkpoint(stage: string, step: number): CheckpointRef {
  const name = `${stage}@${step}`;
  return {
    manifest: ref(`${name}/manifest`, 'manifest'),
    weights: ref(name, 'weights'),
    version: { stage, step },
  };
}

/**
 * Activities that only remember. Rollouts of a question stay open for `question % 5` turns, so that some answer
 * at once, and those of question 4 never would: the workflow must force them.
 */
export function fakes(override: Partial<Activities> = {}): { activities: Activities; calls: Calls } {
  const calls: Calls = {
    order: [],
    sampled: [],
    tools: [],
    scored: [],
    supervised: [],
    rl: [],
    records: [],
    reports: [],
  };
  const activities: Activities = {
    fingerprint: async () => ({ parts: { cpu: 'test', ffmpeg: '8.1.1' } }),
    prepareData: async ({ split, videos, questionsPerVideo }): Promise<DataSet> => ({
      split,
      videos,
      questions: videos * questionsPerVideo,
      ref: ref(`data/${split}`, 'dataset'),
    }),
    prepareFolders: async () => ({
      train: { split: 'train', videos: 10, questions: 80, ref: ref('data/folders/train', 'dataset') },
      test: { split: 'test', videos: 5, questions: 40, ref: ref('data/folders/test', 'dataset') },
    }),
    startPolicy: async () => checkpoint('base', 0),
    synthesize: async ({ stage, part }) => {
      calls.order.push(`${stage.name} synthesize ${part}`);
      return { ref: ref(`${stage.name}/part-${part}`, 'trajectories'), count: 10, rejected: {} };
    },
    trainSupervised: async (input) => {
      calls.order.push(`${input.stage.name} train ${input.fromStep}-${input.toStep}`);
      calls.supervised.push(input);
      return {
        checkpoint: checkpoint(input.stage.name, input.toStep),
        metrics: { loss: 1 },
        timeMs: { training: 5 },
      };
    },
    planQuestions: async ({ data, ...order }) =>
      questionsOfSteps([...Array(Math.min(data.questions, 40)).keys()], order),
    sampleTurn: async (input) => {
      calls.sampled.push(input);
      const { shard, turn } = input;
      const open = shard.questions.filter((question) => question % 5 > turn).length * shard.groupSize;
      return { ref: ref(`${key(input)}/turn-${turn}`, 'turn'), open, tokens: 7, timeMs: { sampling: 3 } };
    },
    runTools: async (input) => {
      calls.tools.push(input);
      return {
        ref: ref(`${key(input)}/looks-${input.turn}`, 'observations'),
        valid: 1,
        refused: 0,
        timeMs: { tools: 2 },
      };
    },
    recordAsked: async ({ shard }) => ref(`${shard.at.stage}/conversation`, 'trajectories'),
    scoreShard: async (input) => {
      calls.scored.push(input);
      const { shard } = input;
      const rollouts = shard.questions.length * shard.groupSize;
      return {
        ref: ref(`${key(input)}/scored`, 'scored'),
        rollouts,
        groupsTrained: shard.questions.length - 1,
        groupsUniform: 1,
        sums: sums(rollouts),
        timeMs: { scoring: 1 },
      };
    },
    trainRl: async (input) => {
      const done = input.at.step + 1;
      calls.order.push(`${input.stage.name} update ${done}`);
      calls.rl.push(input);
      return {
        checkpoint: checkpoint(input.stage.name, done),
        metrics: { kl: 0.1 },
        timeMs: { training: 4 },
      };
    },
    gradeShard: async (input) => ({
      ref: ref(`${key(input)}/graded`, 'trajectories'),
      sums: sums(input.shard.questions.length),
    }),
    planEvaluation: async ({ evaluation }) => ({
      questions: [...Array(evaluation.single + evaluation.several).keys()],
    }),
    openData: async () => ({ split: 'given', videos: 1, questions: 3, ref: ref('given-data', 'dataset') }),
    summarize: async ({ stage }) => row(stage),
    commitSeries: async ({ at, records }) => {
      calls.records.push(...records);
      return ref(`${at.stage}/series-${at.step}`, 'metrics');
    },
    writeReport: async (input) => {
      calls.order.push('report');
      calls.reports.push(input);
      return {
        report: {
          run: input.run,
          curriculum: input.curriculum.name,
          stages: input.evaluations.map(({ stage }) => row(stage)),
          baselines: { majority: row('majority'), direct: null, base: row('base') },
          effects: [],
          ledger: input.ledger,
          madeBy: {},
        },
        json: ref('report.json', 'report'),
        html: ref('report.html', 'report'),
      };
    },
    ...override,
  };
  return { activities, calls };
}

function key({ shard }: { readonly shard: SampleTurnInput['shard'] }): string {
  return `${shard.at.stage}/${shard.at.step}/${shard.shard}`;
}

function sums(rollouts: number): RolloutSums {
  const zero = { anls: 0, format: 0, diversity: 0, representativeness: 0, curiosity: 0, refused: 0 };
  return {
    ...zero,
    rollouts,
    reward: rollouts / 2,
    correct: rollouts / 4,
    clips: rollouts,
    crops: rollouts,
    turns: 2 * rollouts,
  };
}

function row(stage: string): ReportRow {
  const share = { n: 1, accuracy: 1, ci95: [0, 1] } as const;
  return { stage, ...share, anls: 1, clips: 0, crops: 0, turns: 1, single: share, several: share };
}
