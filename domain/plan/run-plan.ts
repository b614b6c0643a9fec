import type { ComputeConfig, Curriculum, PolicyConfig, Stage } from '../curriculum.js';
import { assumptionsOf } from './assumptions.js';
import type { DataFacts, PlanFacts, PolicyFacts } from './facts.js';
import { checkpointBytes, weightMemory, type WeightMemory } from './memory.js';
import { secondsPerStep } from './rates.js';

/** What a run would do, need and leave, before it is started. Null is: not known, or not measured. */
export interface RunPlan {
  readonly run: string;
  readonly curriculum: string;
  readonly seed: number;
  readonly engine: PolicyConfig['engine'];
  readonly device: ComputeConfig['device'];
  /** Processes that share the model; 1 but for the torch engine. */
  readonly ranks: number;
  readonly policy: Omit<PolicyFacts, 'conversation'> & {
    /** Of weights that do not train; those that train are float32. */
    readonly dtype: 'fp32' | 'bf16';
    /** Rank of the adapters; null where all weights train. */
    readonly loraRank: number | null;
  };
  readonly data: { readonly train: DataFacts; readonly test: DataFacts };
  readonly stages: readonly StagePlan[];
  /** Every policy (the base, and that of each stage) answers as many questions of the test split. */
  readonly evaluation: {
    readonly policies: number;
    readonly questions: number | null;
    readonly tokensEach: number | null;
    readonly tokens: number | null;
  };
  readonly totals: {
    readonly steps: number;
    /** Trained on, over all stages. */
    readonly tokens: number | null;
    /** Of all stages; null where any was not measured. */
    readonly seconds: number | null;
    /** Of the stages that were measured. */
    readonly measuredSeconds: number;
  };
  /** Bytes for weights; null where the model's size is not known, and for the embedded policy, which is small. */
  readonly memory: WeightMemory | null;
  readonly checkpoints: {
    readonly count: number;
    /** Those whose bytes are kept at the end. */
    readonly kept: number;
    readonly bytesEach: number | null;
    /** Of those kept. */
    readonly bytes: number | null;
  };
  readonly writes: { readonly home: string; readonly store: readonly string[] };
  readonly warnings: readonly string[];
  /** What the numbers rest on, and what they leave out. */
  readonly assumptions: readonly string[];
}

export interface StagePlan {
  readonly name: string;
  readonly type: Stage['type'];
  /** Of sft: `drp`, `crp` or `direct`; of rl: the kinds of questions. */
  readonly what: string;
  readonly from: string;
  readonly baseline: boolean;
  readonly steps: number;
  /** Demonstrations or rollouts of one step. */
  readonly perStep: number;
  /** Of all steps. */
  readonly conversations: number;
  /** Distinct demonstrations to be made; questions asked, over all steps. */
  readonly samples: number;
  readonly tokensEach: number | null;
  /** Of `tokensEach`, what the policy says. */
  readonly saidEach: number | null;
  readonly tokens: number | null;
  readonly checkpoints: number;
  readonly secondsPerStep: number | null;
  readonly seconds: number | null;
}

/** The arithmetic of a plan. `docs/cli.md` says what each number means and what it leaves out. */
export function runPlan(run: string, curriculum: Curriculum, facts: PlanFacts): RunPlan {
  const { policy, stages: given, compute, evaluation } = curriculum;
  const { conversation, ...about } = facts.policy;
  const stages = given.map((stage) => stagePlan(stage, curriculum, conversation));
  const seconds = stages.map((stage) => stage.seconds);
  const questions = asked(facts.test, evaluation);
  const policies = given.length + 1;
  const evaluated = conversation(looksOf(policy.maxLooks))?.tokens ?? null;
  const { parameters, trainable } = about;
  // The base is a checkpoint too.
  const count = 1 + total(stages.map((stage) => stage.checkpoints));
  const most = policy.engine === 'torch' ? policy.keepCheckpoints : Infinity;
  const kept = 1 + total(stages.map((stage) => Math.min(stage.checkpoints, most)));
  const bytesEach = trainable === null ? null : checkpointBytes(trainable);
  const memory =
    policy.engine === 'torch' && parameters !== null && trainable !== null
      ? weightMemory(policy, parameters, trainable)
      : null;
  return {
    ...{ run, curriculum: curriculum.name, seed: curriculum.seed, engine: policy.engine },
    ...{ device: compute.device, ranks: compute.ranks },
    policy: { ...about, ...formOf(policy) },
    data: { train: facts.train, test: facts.test },
    stages,
    evaluation: {
      ...{ policies, questions, tokensEach: evaluated },
      tokens: times(times(questions, policies), evaluated),
    },
    totals: {
      steps: total(stages.map(({ steps }) => steps)),
      tokens: whole(stages.map(({ tokens }) => tokens)),
      seconds: whole(seconds),
      measuredSeconds: total(seconds.filter((one) => one !== null)),
    },
    memory,
    checkpoints: { count, kept, bytesEach, bytes: times(kept, bytesEach) },
    writes: { home: facts.home, store: storeKeys(run, curriculum) },
    warnings: warningsOf(curriculum, stages, facts),
    assumptions: assumptionsOf(curriculum, about, { measured: seconds.some((one) => one !== null) }),
  };
}

function formOf(policy: PolicyConfig): Pick<RunPlan['policy'], 'dtype' | 'loraRank'> {
  if (policy.engine === 'onnx') return { dtype: 'fp32', loraRank: null };
  const { dtype, adapter } = policy;
  return adapter.type === 'lora' ? { dtype, loraRank: adapter.rank } : { dtype: 'fp32', loraRank: null };
}

/** The looks of a long rollout: a clip first, then crops. */
export function looksOf(count: number): readonly ('clip' | 'crop')[] {
  return Array.from({ length: count }, (_, i) => (i === 0 ? 'clip' : 'crop'));
}

function stagePlan(
  stage: Stage,
  { policy, compute }: Curriculum,
  conversation: PolicyFacts['conversation'],
): StagePlan {
  const rl = stage.type === 'rl';
  const perStep = rl ? stage.questionsPerStep * stage.groupSize : stage.batchSize;
  const conversations = stage.steps * perStep;
  const size = conversation(demonstrated(stage, policy.maxLooks));
  const rate = secondsPerStep(stage, policy, compute);
  return {
    ...{ name: stage.name, type: stage.type, from: stage.from, baseline: stage.baseline },
    what: rl ? stage.questions.join(', ') : stage.type === 'sft' ? stage.trajectories.style : '',
    ...{ steps: stage.steps, perStep, conversations },
    samples: rl
      ? stage.steps * stage.questionsPerStep
      : stage.type === 'sft'
        ? stage.trajectories.count
        : stage.samples,
    ...{ tokensEach: size?.tokens ?? null, saidEach: size?.said ?? null },
    tokens: times(conversations, size?.tokens ?? null),
    checkpoints: rl ? stage.steps : Math.ceil(stage.steps / stage.stepsPerCommit),
    secondsPerStep: rate,
    seconds: times(stage.steps, rate),
  };
}

/** Looks of the longest conversation that a stage usually trains on. */
function demonstrated(stage: Stage, maxLooks: number): readonly ('clip' | 'crop')[] {
  switch (stage.type) {
    case 'pretrain':
    case 'rl':
      return looksOf(maxLooks);
    case 'sft':
      return { drp: ['crop' as const], crp: looksOf(Math.min(2, maxLooks)), direct: [] }[
        stage.trajectories.style
      ];
    default:
      return stage satisfies never;
  }
}

/** Questions that the evaluation can ask; a folder that is not there says nothing. A world has as many of either kind. */
function asked(test: DataFacts, { single, several }: Curriculum['evaluation']): number | null {
  if (test.counts !== null) {
    const { crop, clip, several: many } = test.counts.looks;
    return Math.min(single, crop + clip) + Math.min(several, many);
  }
  if (test.questions === null) return null;
  const half = test.questions / 2;
  return Math.min(single, Math.floor(half)) + Math.min(several, Math.ceil(half));
}

/** Prefixes of the keys; datasets, pictures and bases are named by their content, and shared by runs. */
function storeKeys(run: string, { policy, stages }: Curriculum): readonly string[] {
  const shared =
    policy.engine === 'torch' ? ['pictures/', 'openings/'] : policy.base.type === 'file' ? ['bases/'] : [];
  const parts = ['base', ...stages.map(({ name }) => name), 'evaluation', 'report'];
  return ['datasets/', ...shared, ...parts.map((part) => `runs/${run}/${part}/`)];
}

function warningsOf(
  { policy, stages: given }: Curriculum,
  stages: readonly StagePlan[],
  { train }: PlanFacts,
): readonly string[] {
  const limit = policy.engine === 'torch' ? policy.contextTokens : null;
  const long = stages.filter(({ tokensEach }) => limit !== null && tokensEach !== null && tokensEach > limit);
  const short = given.flatMap((stage) => {
    if (stage.type !== 'sft' || train.counts === null) return [];
    const { style, count } = stage.trajectories;
    const there = train.counts.demonstrations[style];
    const what = style === 'direct' ? 'questions' : `${style} trajectories`;
    return there < count ? [`${stage.name} asks for ${count} ${what}; train has ${there}`] : [];
  });
  return [
    ...long.map(
      ({ name, tokensEach }) =>
        `${name}: a conversation of about ${tokensEach} tokens does not fit contextTokens ${limit}`,
    ),
    ...short,
  ];
}

function times(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a * b;
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Null unless all are known. */
function whole(values: readonly (number | null)[]): number | null {
  return values.reduce<number | null>(
    (sum, value) => (sum === null || value === null ? null : sum + value),
    0,
  );
}
