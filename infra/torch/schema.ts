import { z } from 'zod';
import type { TorchPolicy } from '../../domain/curriculum.js';

/** Version of the messages; `PROTOCOL` of the Python package has the same number. */
export const PROTOCOL = 3;

/** What a model is made of, and what of it trains. */
export interface LoadRequest {
  readonly model: TorchPolicy['model'];
  readonly adapter:
    | {
        readonly type: 'lora';
        readonly rank: number;
        readonly alpha: number;
        readonly dropout?: number;
        /** Names of the language model's matrices; default: all of attention and of the MLP. */
        readonly targets?: readonly string[];
        readonly seed?: number;
      }
    | { readonly type: 'full' }
    /** Nothing trains: the weights as they are, in `dtype`. */
    | { readonly type: 'none' };
  /** Default: cpu. `cuda` is refused where it cannot be had; it never falls back to the CPU. */
  readonly device?: 'cpu' | 'cuda';
  /** What frozen weights are kept in, and computed in; weights that train are float32 always. Default: fp32. */
  readonly dtype?: 'fp32' | 'bf16';
  /** Default: 1. Fixed for the life of the process. */
  readonly threads?: number;
  /** Processes that share the model, each on its own device (on `cpu`: beside each other). Default: 1. Fixed for the life of the process. */
  readonly ranks?: number;
  readonly gradientCheckpointing?: boolean;
  /** Each picture is scaled to between so many pixels; default: the model's own. */
  readonly pixels?: { readonly min: number; readonly max: number };
  /** A longer sequence is refused whole; default: what the model was made for, at most 32,768. */
  readonly contextTokens?: number;
}

/** What vLLM is to sample with; the same model, adapters and context as the engine's. */
export interface SamplerRequest extends Pick<LoadRequest, 'adapter' | 'contextTokens'> {
  readonly model: { readonly type: 'folder'; readonly path: string };
  readonly device: 'cpu' | 'cuda';
  readonly dtype: 'fp32' | 'bf16';
  readonly threads: number;
  /** Of the device's memory that vLLM may take, weights and all. On a CPU it takes what one conversation needs. */
  readonly memoryShare: number;
  /** Messages drawn at once, at most. */
  readonly rows: number;
}

const numbers = z.array(z.number());
const file = z.object({ path: z.string(), sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.number() });
const versions = z.record(z.string(), z.string().nullable());

export const Loaded = z.object({
  family: z.string(),
  /** SHA-256 of the configuration and the weights' bytes (or their seed). */
  base: z.string(),
  adaptation: z.record(z.string(), z.unknown()),
  parameters: z.number(),
  trainable: z.number(),
  contextTokens: z.number(),
  /** A picture of w × h pixels takes about (w/side) · (h/side) tokens. */
  pixelsPerTokenSide: z.number(),
  device: z.string(),
  dtype: z.string(),
  /** Process ids of the ranks, in their order; the first is the one that is spoken to. */
  ranks: z.array(z.number()),
});

export type Loaded = z.infer<typeof Loaded>;
export const SamplerLoaded = z.object({ device: z.string(), contextTokens: z.number() });
export type SamplerLoaded = z.infer<typeof SamplerLoaded>;

/** A sampled message; the arrays have one length, as in `Turn`. */
const SampledMessage = z.object({
  tokens: numbers,
  /** log π at temperature 1 over the whole vocabulary; 0 where forced. */
  logProbs: numbers,
  mask: z.array(z.union([z.literal(0), z.literal(1)])),
  text: z.string(),
  /** Each token alone; one that is part of a character reads as U+FFFD. */
  texts: z.array(z.string()),
  /** `context`: the message is empty, because there was no room for it; `why` has the sum. */
  finish: z.enum(['end', 'stop', 'length', 'context']),
  promptTokens: z.number(),
  why: z.string().optional(),
});
export type SampledMessage = z.infer<typeof SampledMessage>;
export const Sampled = z.object({ messages: z.array(SampledMessage) });
/** Of vLLM, with the SHA-256 of the weights file that it drew with; null: the folder's own weights. */
export const SampledBy = Sampled.extend({ weights: z.string().nullable() });

export const Gradients = z.object({
  loss: z.number(),
  policyLoss: z.number().optional(),
  kl: z.number().optional(),
  clipped: z.number().optional(),
  /** max |log r|: where the weights are those that sampled, what sampler and trainer compute differently. */
  largestLogRatio: z.number().optional(),
  meanLogRatio: z.number().optional(),
  /** k3 of KL(sampler ‖ trainer). */
  samplerKl: z.number().optional(),
  tokens: z.number(),
  calls: z.number(),
});

export const Stepped = z.object({ gradNorm: z.number(), weightNorm: z.number(), steps: z.number() });
export const LogProbs = z.object({ logProbs: z.array(numbers) });
export const Embedded = z.object({ count: z.number(), width: z.number() });
export const SavedState = z.object({ weights: file, optimizer: file });
export const LoadedState = z.object({ steps: z.number() });
export const Encoded = z.object({ tokens: numbers, mask: numbers, texts: z.array(z.string()) });
export const ObjectiveValue = z.object({
  loss: z.number(),
  gradient: numbers,
  stats: z.record(z.string(), z.number()),
});

/** What the Python process may say. */
export const Spoken = z.discriminatedUnion('type', [
  z.object({ type: z.literal('hello'), protocol: z.number(), token: z.string(), pid: z.number(), versions }),
  z.object({ type: z.literal('result'), id: z.number(), result: z.unknown() }),
  z.object({
    type: z.literal('heartbeat'),
    id: z.number(),
    doing: z.string(),
    done: z.number(),
    total: z.number(),
  }),
  z.object({ type: z.literal('error'), id: z.number(), error: z.lazy(() => Failure) }),
  z.object({ type: z.literal('fatal'), error: z.lazy(() => Failure) }),
]);
export type Spoken = z.infer<typeof Spoken>;

export const Failure = z.object({
  kind: z.enum(['user', 'memory', 'data', 'infrastructure', 'bug', 'cancelled']),
  message: z.string(),
  hint: z.string().nullable(),
});
export type Failure = z.infer<typeof Failure>;

export interface Progress {
  readonly doing: string;
  readonly done: number;
  readonly total: number;
}
