import { z } from 'zod';
import { data, evaluation } from './schema/data.js';
import { policy } from './schema/policy.js';
import { stage } from './schema/stages.js';
import { natural, strict, text } from './schema/values.js';

/** Beyond this the engine's matrix kernels sum in another order (`MAX_THREADS` of engine/sessions.ts). */
const MAX_THREADS = 8;

/**
 * What a curriculum file may say, before names are resolved. A default is marked with where it comes from:
 * `paper` (Video-R4), `ancestor` (Pixel-Reasoner) or `ours` (chosen and measured here, because the paper's is
 * not public). `configs/resolve.ts` turns the result into a `Curriculum`.
 */
export const curriculumFile = strict({
  name: text,
  seed: natural.default(7), // ours
  policy,
  data,
  stages: z.array(stage).min(1),
  evaluation: evaluation.prefault({}),
  compute: strict({
    device: z.enum(['cpu', 'cuda']).default('cpu'), // ours
    ranks: z.int().min(1).max(64).default(1), // ours
    threads: z
      .int()
      .min(1)
      .refine((threads) => threads <= MAX_THREADS, {
        error: ({ input }) =>
          `expected at most ${MAX_THREADS}, got ${String(input)}: with more threads the same numbers are not promised`,
      })
      .default(2), // ours
    microBatch: z.int().min(1).max(1024).default(64), // ours
  }).prefault({}),
});

export type CurriculumFile = z.output<typeof curriculumFile>;
