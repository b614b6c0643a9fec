import type { SampledTokens } from '../../domain/conversation/records.js';
import type { BlobPicture, Conversation } from '../../domain/conversation/tokenized.js';
import type { LocalModel } from '../../domain/conversation/spec.js';
import type { ComputeConfig } from '../../domain/curriculum.js';

/**
 * A vision-language model that samples and trains by tokens (docs/torch.md). Verbs are answered one after the other. It
 * may die at any time: what was trained since the last `loadState` is then gone, and `forwardBackward`, `optimStep` and
 * `saveState` throw an InfrastructureFailure until `loadState`.
 */
export interface TokenModel {
  /** SHA-256 of the weights file that the training weights equal; null after a step, and after a death. */
  readonly trained: string | null;
  /** Loads the model, where that is not done yet. Throws a UserError that says why it cannot be loaded. */
  start(options?: RequestOptions): Promise<{ readonly device: string; readonly contextTokens: number }>;
  /** The next message of each conversation, in the order of the requests. */
  sample(request: SampleMessages, options?: RequestOptions): Promise<readonly SampledText[]>;
  /** Adds gradients to those of the step; all of them or, when it fails, none. */
  forwardBackward(request: GradientsRequest, options?: RequestOptions): Promise<GradientStats>;
  optimStep(
    request: StepRequest,
    options?: RequestOptions,
  ): Promise<{ readonly gradNorm: number; readonly weightNorm: number; readonly steps: number }>;
  /** log π of each conversation's tokens with mask 1, in order, at temperature 1. */
  logProbs(
    request: {
      readonly conversations: readonly Conversation[];
      readonly rows?: number;
      readonly weights?: StateFile;
    },
    options?: RequestOptions,
  ): Promise<readonly (readonly number[])[]>;
  /** Features of pictures by the model's vision tower, each of length 1: float32 [count · width]. */
  embed(
    request: EmbedRequest,
    options?: RequestOptions,
  ): Promise<{ readonly features: Float32Array; readonly width: number }>;
  /** Writes both into a folder, each named by its SHA-256. Equal states give equal bytes. */
  saveState(
    folder: string,
    options?: RequestOptions,
  ): Promise<{ readonly weights: StateFile; readonly optimizer: StateFile }>;
  /** Goes on from saved files; without `optimizer`, moments and steps begin at zero. */
  loadState(
    state: { readonly weights: StateFile; readonly optimizer?: StateFile },
    options?: RequestOptions,
  ): Promise<{ readonly steps: number }>;
}

export interface RequestOptions {
  /** What the pictures of a request name by their place. */
  readonly blobs?: readonly Uint8Array[];
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?:
    | ((progress: { readonly doing: string; readonly done: number; readonly total: number }) => void)
    | undefined;
}

/** A safetensors file on this machine. */
export interface StateFile {
  readonly path: string;
  readonly sha256: string;
}

export interface SampleMessages {
  readonly requests: readonly {
    readonly conversation: Conversation;
    /** An integer up to 2^53: all randomness of this message. */
    readonly seed: number;
    /** Text that the message must begin with, e.g. `<answer>`; its tokens have mask 0. */
    readonly forced?: string;
  }[];
  readonly greedy: boolean;
  readonly temperature: number;
  readonly topP: number;
  readonly maxTokens: number;
  /** A message ends after any of these. */
  readonly stop?: readonly string[];
  /** Messages drawn at once. With 1 (the default) a message's numbers depend on nothing but its own request. */
  readonly rows?: number;
  /** Weights other than those that train. */
  readonly weights?: StateFile;
}

export interface SampledText extends SampledTokens {
  readonly text: string;
  /** Each token alone; one that is part of a character reads as U+FFFD. */
  readonly texts: readonly string[];
  /** `context`: the message is empty, because prompt and longest message do not fit the context; `why` has the sum. */
  readonly finish: 'end' | 'stop' | 'length' | 'context';
  readonly promptTokens: number;
  readonly why?: string | undefined;
}

export interface GradientsRequest {
  /** Of domain/objective. */
  readonly objective:
    | { readonly type: 'sft' }
    | { readonly type: 'grpo'; readonly clipLow: number; readonly clipHigh: number; readonly kl: number };
  readonly sequences: readonly {
    readonly conversation: Conversation;
    readonly advantage?: number;
    /** log π_ref of the tokens with mask 1, in order. Needed where kl > 0. */
    readonly referenceLogProbs?: readonly number[];
  }[];
  readonly microBatch: number;
  /** Tokens with mask 1 of the whole update, where several calls make one; default: of this call. */
  readonly tokenCount?: number;
  readonly seed?: number;
}

export interface EmbedRequest {
  readonly pictures: readonly BlobPicture[];
  readonly rows?: number;
  readonly weights?: StateFile;
}

/** Sums over the tokens of the call, over its token count. */
export interface GradientStats {
  readonly loss: number;
  readonly policyLoss?: number | undefined;
  readonly kl?: number | undefined;
  readonly clipped?: number | undefined;
  /** max |log r|: where the weights are those that sampled, what sampler and trainer compute differently. */
  readonly largestLogRatio?: number | undefined;
  readonly meanLogRatio?: number | undefined;
  readonly samplerKl?: number | undefined;
  readonly tokens: number;
}

export interface StepRequest {
  readonly lr: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly weightDecay: number;
  /** Clipping by the global norm; 0 switches it off. */
  readonly clipNorm: number;
  /** How many forwardBackward calls this step consists of; refused where the process holds other gradients. */
  readonly calls: number;
}

/** What a model is made of, apart from how it is used. */
export type ModelParts = Pick<
  LocalModel,
  'model' | 'adapter' | 'dtype' | 'gradientCheckpointing' | 'contextTokens' | 'sampler'
>;
export type ModelDevice = Pick<ComputeConfig, 'device' | 'threads'> & Partial<Pick<ComputeConfig, 'ranks'>>;
