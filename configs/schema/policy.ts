import { z } from 'zod';
import { natural, share, strict, text } from './values.js';

const maxLooks = z.int().min(1).max(6).default(3); // ancestor: three calls or more

/** The policy that trains anywhere. */
const embedded = strict({
  engine: z.literal('onnx').optional(), // ours: what is meant where no engine is named
  base: z.discriminatedUnion('type', [
    strict({ type: z.literal('fresh') }),
    strict({ type: z.literal('file'), path: text }),
  ]),
  width: z.int().min(32).max(1024).default(128), // ours
  layers: z.int().min(1).max(32).default(4), // ours
  heads: z.int().min(1).max(32).default(4), // ours
  maxLooks,
  grammar: z.boolean().default(false), // ours: the format is learnt, and rewarded
});

/** Pixels of one picture. */
const pixels = z
  .int()
  .min(56 * 56)
  .max(16_777_216);

/** A vision-language model of transformers'. Paths are relative to the curriculum's file. */
const torch = strict({
  engine: z.literal('torch'),
  model: z.discriminatedUnion('type', [
    strict({ type: z.literal('folder'), path: text }),
    strict({ type: z.literal('random'), path: text, seed: natural.default(1) }),
    strict({
      type: z.literal('tiny'),
      family: z.enum(['qwen2.5-vl', 'qwen3-vl']).default('qwen2.5-vl'),
      seed: natural.default(1),
    }),
  ]),
  adapter: z
    .discriminatedUnion('type', [
      strict({
        type: z.literal('lora'),
        rank: z.int().min(1).max(1024).default(64), // ours
        alpha: z.number().positive().max(4096).default(128), // ours: twice the rank
        dropout: share.lt(1).default(0), // ours: the policy that samples is the one that trains
        seed: natural.default(1),
      }),
      strict({ type: z.literal('full') }), // ancestor
    ])
    .prefault({ type: 'lora' }),
  sampler: z
    .discriminatedUnion('type', [
      strict({ type: z.literal('transformers') }),
      strict({
        type: z.literal('vllm'),
        memoryShare: share.gt(0).max(0.95).default(0.4), // ours: the model that scores is on the device too
        rows: z.int().min(1).max(4096).default(64), // ours
      }),
    ])
    .prefault({ type: 'transformers' }),
  dtype: z.enum(['fp32', 'bf16']).default('bf16'), // ancestor
  gradientCheckpointing: z.boolean().default(true), // ancestor
  contextTokens: z.int().min(64).max(1_000_000).optional(),
  maxLooks,
  maxTokens: z.int().min(1).max(32_768).default(512), // ours: of one message
  keepCheckpoints: z.int().min(2).max(1_000_000).default(4), // ours: those of a large model fill a disk
  view: strict({
    fps: z.number().positive().max(30).default(1), // ours
    frames: z.int().min(1).max(512).default(16), // ours
    overviewPixels: pixels.default(160 * 90), // ours
    clipPixels: pixels.default(448 * 252), // ours
    cropPixels: pixels.default(640 * 360), // ours
    format: z.enum(['jpeg', 'png']).default('png'), // ours: nothing is lost
  }).prefault({}),
  /** A prompt file, such as `prompts/default.yaml`. */
  prompt: text,
});

export const policy = z.discriminatedUnion('engine', [embedded, torch]);

export type PolicyFile = z.output<typeof policy>;
