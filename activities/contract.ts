import type {
  ComputeConfig,
  Curriculum,
  EvaluationConfig,
  FolderData,
  PolicyConfig,
  PretrainStage,
  RlStage,
  SftStage,
} from '../domain/curriculum.js';
import type { PythonPurpose } from '../domain/pythons.js';
import type { CheckpointRef, Ref } from '../domain/refs.js';
import type { SamplingOptions } from '../domain/sampling.js';
import type { Split } from '../domain/world/records.js';

/**
 * What workflows may ask for: the types of every activity, by task queue. Inputs and outputs are plain
 * JSON with refs, a few hundred bytes each. Every activity is a pure function of its input; on a retry
 * it first looks for the output that an earlier attempt committed under the key its `at` names.
 */

/** Where in a run: the key under which outputs are committed (never a Temporal run id; a reset changes it). */
export interface At {
  /** The run's name: its workflow id. */
  readonly run: string;
  readonly stage: string;
  /** Of a step of RL: its 0-based index. Of what several steps make together: how many steps are done then. */
  readonly step: number;
}

/** A prepared split: a folder of videos with questions, and its overview pictures. */
export interface DataSet {
  readonly split: Split | 'given';
  readonly videos: number;
  readonly questions: number;
  /** Ref of the dataset's manifest in the store (kind `dataset`). */
  readonly ref: Ref;
}

export interface PrepareDataInput {
  readonly run: string;
  readonly split: Split;
  readonly seed: number;
  readonly videos: number;
  readonly questionsPerVideo: number;
}

/** A curriculum's data folders: both in one, because neither may hold the other's videos. */
export interface PrepareFoldersInput {
  readonly run: string;
  readonly folders: FolderData['folders'];
}

export interface PreparedFolders {
  readonly train: DataSet;
  readonly test: DataSet;
}

/** A set of demonstrations or reading samples, packed for training. */
export interface TrainingSet {
  /** Where the videos, questions and truths are that its sequences refer to. */
  readonly data: DataSet;
  readonly parts: readonly Ref[];
  readonly count: number;
}

export interface SynthesizeInput {
  readonly at: At;
  readonly seed: number;
  readonly data: DataSet;
  readonly stage: PretrainStage | SftStage;
  readonly policy: PolicyConfig;
  /** This part's number of `parts`: each part is one activity and one object. */
  readonly part: number;
  readonly parts: number;
}

export interface SynthesizedPart {
  readonly ref: Ref;
  readonly count: number;
  /** Demonstrations that the real tools refused, by reason. */
  readonly rejected: Readonly<Record<string, number>>;
}

export interface StartPolicyInput {
  readonly run: string;
  readonly seed: number;
  readonly policy: PolicyConfig;
  readonly compute: ComputeConfig;
  /** Bytes of a base given as a file, already in the store. */
  readonly baseWeights: Ref | null;
}

export interface TrainSupervisedInput {
  readonly at: At;
  readonly seed: number;
  readonly policy: PolicyConfig;
  readonly compute: ComputeConfig;
  readonly stage: PretrainStage | SftStage;
  /** Steps [fromStep, toStep) of the stage; the checkpoint is the state after fromStep steps. */
  readonly fromStep: number;
  readonly toStep: number;
  readonly checkpoint: CheckpointRef;
  readonly set: TrainingSet;
}

export interface Trained {
  readonly checkpoint: CheckpointRef;
  /** Means over the steps of this activity: loss, gradNorm, lr, … */
  readonly metrics: Readonly<Record<string, number>>;
  /** Where the time went, milliseconds. */
  readonly timeMs: Readonly<Record<string, number>>;
}

export interface Sampling extends SamplingOptions {
  readonly maxLooks: number;
}

/** Rollouts that are sampled together: `groupSize` samples of each question. */
export interface Shard {
  readonly at: At;
  /** 0-based index of the shard within its step. */
  readonly shard: number;
  readonly seed: number;
  readonly data: DataSet;
  /** Indices into the dataset's questions. */
  readonly questions: readonly number[];
  readonly groupSize: number;
  readonly policy: PolicyConfig;
  readonly compute: ComputeConfig;
  readonly checkpoint: CheckpointRef;
  readonly sampling: Sampling;
}

export interface SampleTurnInput {
  readonly shard: Shard;
  /** 0-based. */
  readonly turn: number;
  /** Turn and observation refs so far, in order; observations.length === turns.length. */
  readonly turns: readonly Ref[];
  readonly observations: readonly Ref[];
}

export interface SampledTurn {
  readonly ref: Ref;
  /** Rollouts that asked for a tool in this turn (validly or not), and so are not finished. */
  readonly open: number;
  readonly tokens: number;
  readonly timeMs: Readonly<Record<string, number>>;
}

export interface RunToolsInput {
  readonly shard: Shard;
  readonly turn: number;
  readonly sampled: Ref;
}

export interface ToolsRun {
  readonly ref: Ref;
  readonly valid: number;
  readonly refused: number;
  readonly timeMs: Readonly<Record<string, number>>;
}

export interface ScoreShardInput {
  readonly shard: Shard;
  readonly turns: readonly Ref[];
  readonly observations: readonly Ref[];
  /** The policy at the stage's start: its frozen vision encoder gives the features of R_div and R_rep. */
  readonly encoder: CheckpointRef;
  readonly stage: RlStage;
}

export interface ScoredShard {
  readonly ref: Ref;
  readonly rollouts: number;
  /** Groups that carry signal, and groups dropped because all rewards were equal. */
  readonly groupsTrained: number;
  readonly groupsUniform: number;
  /** Groups whose question left no room for a message: in quarantine. Absent where there are none. */
  readonly groupsOutgrown?: number;
  /** Sums over the rollouts, so that means can be taken over any number of shards. */
  readonly sums: RolloutSums;
  readonly timeMs: Readonly<Record<string, number>>;
}

export interface RolloutSums {
  readonly rollouts: number;
  readonly reward: number;
  readonly correct: number;
  readonly anls: number;
  readonly format: number;
  readonly diversity: number;
  readonly representativeness: number;
  readonly curiosity: number;
  readonly clips: number;
  readonly crops: number;
  readonly turns: number;
  readonly refused: number;
  /** Rollouts that ended because their conversation outgrew the context; absent where there are none. */
  readonly outgrown?: number;
}

export interface TrainRlInput {
  readonly at: At;
  readonly seed: number;
  readonly policy: PolicyConfig;
  readonly compute: ComputeConfig;
  readonly stage: RlStage;
  readonly data: DataSet;
  readonly checkpoint: CheckpointRef;
  readonly reference: CheckpointRef;
  readonly scored: readonly Ref[];
}

/**
 * Questions for the steps [fromStep, toStep) of an RL stage, `perStep` for each, step after step. The dataset's
 * questions of the allowed kinds are shuffled anew for every pass over them (`questionsOfSteps` of
 * domain/question-order.ts), so what a step gets does not depend on how the steps were asked for.
 */
export interface PlanQuestionsInput {
  readonly run: string;
  readonly stage: string;
  readonly seed: number;
  readonly data: DataSet;
  readonly kinds: RlStage['questions'];
  readonly fromStep: number;
  readonly toStep: number;
  readonly perStep: number;
}

/** A person's own data: a world folder, or one question about one video. */
export interface OpenDataInput {
  readonly run: string;
  readonly source: DataSource;
}
export type DataSource =
  | { readonly type: 'folder'; readonly dir: string }
  | { readonly type: 'question'; readonly video: string; readonly question: string };

/** The row of one policy over graded shards. */
export interface SummarizeInput {
  readonly run: string;
  readonly stage: string;
  readonly graded: readonly Ref[];
}

/** Questions of the test split that an evaluation asks, chosen once by the seed. */
export interface PlanEvaluationInput {
  readonly seed: number;
  readonly data: DataSet;
  readonly evaluation: EvaluationConfig;
}

export interface EvaluationPlan {
  readonly questions: readonly number[];
}

export interface GradeShardInput {
  readonly shard: Shard;
  readonly turns: readonly Ref[];
  readonly observations: readonly Ref[];
}

export interface GradedShard {
  /** Graded rollouts (kind `trajectories`, JSONL). */
  readonly ref: Ref;
  readonly sums: RolloutSums;
}

/** One row of the final table, as `report --json` shows it. */
export interface ReportRow {
  readonly stage: string;
  readonly n: number;
  readonly accuracy: number;
  readonly ci95: readonly [number, number];
  readonly anls: number;
  /** Per rollout. */
  readonly clips: number;
  readonly crops: number;
  readonly turns: number;
  /** The same for questions that need one tool, and several. */
  readonly single: {
    readonly n: number;
    readonly accuracy: number;
    readonly ci95: readonly [number, number];
  };
  readonly several: {
    readonly n: number;
    readonly accuracy: number;
    readonly ci95: readonly [number, number];
  };
}

export interface RunReport {
  readonly run: string;
  readonly curriculum: string;
  readonly stages: readonly ReportRow[];
  /** `majority` and `direct` where the curriculum trains a direct baseline; `base` is the policy before the first stage. */
  readonly baselines: {
    readonly majority: ReportRow;
    readonly direct: ReportRow | null;
    readonly base: ReportRow;
  };
  /** Accuracy after an RL stage minus before it, on the same questions, with the interval of the paired difference. */
  readonly effects: readonly {
    readonly stage: string;
    readonly delta: number;
    readonly ci95: readonly [number, number];
  }[];
  readonly ledger: PromptLedger;
  /** Versions of what shaped the run's bytes, and where settings of theirs changed on the way. */
  readonly madeBy: Readonly<Record<string, string>>;
}

/** Each prompt of every RL step is accounted for exactly once: sampled = trained + filtered + quarantined. */
export interface PromptLedger {
  readonly sampled: number;
  readonly trained: number;
  readonly filtered: Readonly<Record<string, number>>;
  readonly quarantined: Readonly<Record<string, number>>;
}

/** What one step of a stage did; the metrics series of a run is these, in order. */
export interface StepRecord {
  readonly stage: string;
  /** Steps of the stage done when this was written. */
  readonly step: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly timeMs: Readonly<Record<string, number>>;
}

export interface WriteReportInput {
  readonly run: string;
  readonly curriculum: Curriculum;
  readonly test: DataSet;
  readonly train: DataSet;
  readonly evaluations: readonly { readonly stage: string; readonly graded: readonly Ref[] }[];
  readonly series: readonly Ref[];
  readonly ledger: PromptLedger;
  /** Where settings changed on the way, each `DRP-SFT, after step 20: compute.microBatch: 4 → 1`; absent where none did. */
  readonly roomChanges?: readonly string[];
}

export interface WrittenReport {
  readonly report: RunReport;
  /** `report.json` and the self-contained `report.html`. */
  readonly json: Ref;
  readonly html: Ref;
}

export interface CommitSeriesInput {
  readonly at: At;
  readonly records: readonly StepRecord[];
}

/** Versions of what shaped a run's bytes: FFmpeg, onnxruntime, kind of CPU; Python's packages where they train. */
export interface FingerprintInput {
  readonly run: string;
  readonly pythons: readonly PythonPurpose[];
}
export interface Fingerprint {
  readonly parts: Readonly<Record<string, string>>;
}

/** A rollout of one question as a conversation that people can read, pictures included. */
export interface RecordAskedInput {
  readonly shard: Shard;
  readonly turns: readonly Ref[];
  readonly observations: readonly Ref[];
  /** Who is said to have answered. */
  readonly model: string;
}

/** Task queue `cpu`. */
export interface CpuActivities {
  prepareData(input: PrepareDataInput): Promise<DataSet>;
  prepareFolders(input: PrepareFoldersInput): Promise<PreparedFolders>;
  synthesize(input: SynthesizeInput): Promise<SynthesizedPart>;
  runTools(input: RunToolsInput): Promise<ToolsRun>;
  gradeShard(input: GradeShardInput): Promise<GradedShard>;
  /** A `ConversationRecord` of the shard's first rollout. */
  recordAsked(input: RecordAskedInput): Promise<Ref>;
  planEvaluation(input: PlanEvaluationInput): Promise<EvaluationPlan>;
  /** Indices into the dataset's questions, (toStep − fromStep) · perStep of them. */
  planQuestions(input: PlanQuestionsInput): Promise<readonly number[]>;
  /** Copies nothing: the dataset points to the person's files. */
  openData(input: OpenDataInput): Promise<DataSet>;
  summarize(input: SummarizeInput): Promise<ReportRow>;
  commitSeries(input: CommitSeriesInput): Promise<Ref>;
  writeReport(input: WriteReportInput): Promise<WrittenReport>;
  fingerprint(input: FingerprintInput): Promise<Fingerprint>;
}

/** Task queue `gpu-rollout`. */
export interface RolloutActivities {
  sampleTurn(input: SampleTurnInput): Promise<SampledTurn>;
  scoreShard(input: ScoreShardInput): Promise<ScoredShard>;
}

/** Task queue `gpu-train`. */
export interface TrainActivities {
  startPolicy(input: StartPolicyInput): Promise<CheckpointRef>;
  trainSupervised(input: TrainSupervisedInput): Promise<Trained>;
  trainRl(input: TrainRlInput): Promise<Trained>;
}

export const TASK_QUEUES = {
  curriculum: 'curriculum',
  cpu: 'cpu',
  rollout: 'gpu-rollout',
  train: 'gpu-train',
} as const;
