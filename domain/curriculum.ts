import type { PromptTexts, View } from './conversation/spec.js';

/**
 * A curriculum as data: what a validated `configs/*.yaml` file becomes. `configs/schema.ts` holds the
 * rules and the defaults; nothing in here has optional fields that a reader would have to default.
 */
export interface Curriculum {
  readonly name: string;
  /** Every random choice of a run comes from streams named under this seed. */
  readonly seed: number;
  readonly policy: PolicyConfig;
  readonly data: DataConfig;
  readonly stages: readonly Stage[];
  readonly evaluation: EvaluationConfig;
  readonly compute: ComputeConfig;
}

/** What is trained: the embedded policy, or a vision-language model of transformers'. */
export type PolicyConfig = EmbeddedPolicy | TorchPolicy;

/** The policy that trains anywhere, through onnxruntime-node. */
export interface EmbeddedPolicy {
  readonly engine: 'onnx';
  /** `fresh`: random weights from the seed; otherwise a safetensors file or an exported folder, relative to the curriculum file. */
  readonly base: { readonly type: 'fresh' } | { readonly type: 'file'; readonly path: string };
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Looks that a rollout may take before it must answer. */
  readonly maxLooks: number;
  /** Whether the policy can say only what the protocol allows: what it may not say has probability 0, in training as in sampling. */
  readonly grammar: boolean;
}

/** A Qwen2.5-VL or Qwen3-VL in a Python process (docs/torch.md). It speaks the text protocol. */
export interface TorchPolicy {
  readonly engine: 'torch';
  /** `folder`: a model's files, by absolute path. `random`: its architecture with weights from a seed. `tiny`: 0.36M random parameters. */
  readonly model:
    | { readonly type: 'folder'; readonly path: string }
    | { readonly type: 'random'; readonly path: string; readonly seed: number }
    | { readonly type: 'tiny'; readonly family: 'qwen2.5-vl' | 'qwen3-vl'; readonly seed: number };
  /** LoRA on all matrices of the language model, or all weights. */
  readonly adapter:
    | {
        readonly type: 'lora';
        readonly rank: number;
        readonly alpha: number;
        readonly dropout: number;
        /** Of the adapters' first weights. */
        readonly seed: number;
      }
    | { readonly type: 'full' };
  /** What draws messages in place of the engine that trains, from the same folder and with the trained weights. */
  readonly sampler?: VllmSampler;
  /** Of frozen weights and of computing; weights that train are float32. */
  readonly dtype: 'fp32' | 'bf16';
  readonly gradientCheckpointing: boolean;
  /** Longer conversations are refused; null: what the model was made for. */
  readonly contextTokens: number | null;
  /** Looks that a rollout may take before it must answer. */
  readonly maxLooks: number;
  /** Tokens of one message, at most. */
  readonly maxTokens: number;
  /** Checkpoints of a stage whose bytes are kept while it goes on, latest first; its last one stays. */
  readonly keepCheckpoints: number;
  readonly view: View;
  readonly prompt: PromptTexts;
}

/** vLLM, in a Python of its own (docs/torch.md). */
export interface VllmSampler {
  readonly type: 'vllm';
  /** Of a GPU's memory that it may take, weights and all. */
  readonly memoryShare: number;
  /** Messages drawn at once, at most; on a CPU it is one. */
  readonly rows: number;
}

export type DataConfig = WorldData | FolderData;

/** The small world, rendered by the run itself. */
export interface WorldData {
  readonly world: {
    readonly seed: number;
    readonly train: WorldPart;
    readonly validation: WorldPart;
    readonly test: WorldPart;
  };
}

/** A person's own data folders (`domain/data/records.ts`), absolute. Their videos stay where they are. */
export interface FolderData {
  readonly folders: { readonly train: string; readonly test: string };
}

export interface WorldPart {
  readonly videos: number;
  readonly questionsPerVideo: number;
}

export type Stage = PretrainStage | SftStage | RlStage;

interface StageBase {
  /** Unique; shown everywhere, e.g. `DRP-SFT`, `RL_d`. */
  readonly name: string;
  /** `base`, or the name of an earlier stage whose final weights this one starts from. Default: the stage before it. */
  readonly from: string;
  /** A baseline is trained and reported beside the curriculum; no later stage continues from it by default. */
  readonly baseline: boolean;
  readonly optimizer: OptimizerConfig;
}

/** Teaches a fresh policy to see and to read, before it knows any protocol (makes the base). */
export interface PretrainStage extends StageBase {
  readonly type: 'pretrain';
  readonly steps: number;
  readonly batchSize: number;
  readonly samples: number;
  /** Optimizer steps in one training activity: the unit that is lost and redone after a crash. */
  readonly stepsPerCommit: number;
}

export interface SftStage extends StageBase {
  readonly type: 'sft';
  /** drp: one tool alone. crp: clip and crop interleaved. direct: the answer at once, from the overview. */
  readonly trajectories: {
    readonly style: 'drp' | 'crp' | 'direct';
    readonly count: number;
    /** Uniform jitter of each edge of a demonstrated box, as a share of the box's height. */
    readonly boxNoise: number;
    /** Share of single-tool trajectories mixed into `crp`, so that they are not forgotten. */
    readonly singleToolShare: number;
    /** Share of plain reading samples mixed in, so that reading is not forgotten. */
    readonly readingShare: number;
  };
  readonly steps: number;
  readonly batchSize: number;
  readonly stepsPerCommit: number;
  /** Weight of the dense box supervision (training only). 0 switches it off. */
  readonly auxiliaryWeight: number;
}

export interface RlStage extends StageBase {
  readonly type: 'rl';
  readonly steps: number;
  readonly questionsPerStep: number;
  /** G: rollouts of one question. */
  readonly groupSize: number;
  /** Groups sampled by one activity; shards of a step run in parallel. */
  readonly groupsPerShard: number;
  readonly questions: readonly ('crop' | 'clip' | 'several')[];
  readonly temperature: number;
  /** Rollouts are drawn from the nucleus that holds this much probability. */
  readonly topP: number;
  readonly objective: {
    readonly clipLow: number;
    readonly clipHigh: number;
    /** Weight of the KL to the stage's start. */
    readonly kl: number;
    /** A = (R − mean)/(std + advantageEps). */
    readonly advantageEps: number;
  };
  readonly rewards: RewardConfig;
}

/** R' = answer + format·formatWeight + λ_div·R_div + λ_rep·R_rep + λ_cur·R_cur (Video-R4). */
export interface RewardConfig {
  readonly formatWeight: number;
  readonly diversity: number;
  readonly representativeness: number;
  readonly curiosity: {
    readonly weight: number;
    readonly alpha: number;
    readonly threshold: number;
    readonly beta: number;
    readonly minCalls: number;
  };
}

export interface OptimizerConfig {
  /** Muon for matrices with AdamW for the rest, or AdamW for all. */
  readonly type: 'adamw' | 'muon';
  readonly lr: number;
  readonly lrEnd: number;
  /** Learning rate of Muon's matrices. Unused by adamw. */
  readonly muonLr: number;
  readonly muonLrEnd: number;
  /** Share of the steps, at the end, over which the rate falls to its end. */
  readonly decayShare: number;
  /** The shape of that fall: a straight line, or half a cosine (Loshchilov & Hutter 2017). */
  readonly decay: 'linear' | 'cosine';
  readonly warmupSteps: number;
  readonly weightDecay: number;
  readonly beta1: number;
  readonly beta2: number;
  /** Global-norm clipping; 0 switches it off. */
  readonly clipNorm: number;
}

export interface EvaluationConfig {
  /** Questions per kind of need from the test split: `single` (clip or crop) and `several`. */
  readonly single: number;
  readonly several: number;
  /** Rollouts kept with their pictures for the report. */
  readonly shown: number;
}

export interface ComputeConfig {
  /** Exactness is promised on `cpu` alone. `cuda` is refused where it cannot be had; it never falls back to the CPU. */
  readonly device: 'cpu' | 'cuda';
  /** Processes that a torch policy is sharded over, each on its own CUDA device or all on the CPU; 1 for the embedded policy. */
  readonly ranks: number;
  /** Threads of one onnxruntime session, at most 8. Named here, so that results do not follow the machine. */
  readonly threads: number;
  readonly microBatch: number;
}
