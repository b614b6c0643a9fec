import { z } from 'zod';
import { natural, strict } from './values.js';

const worldPart = strict({
  videos: z.int().min(1).max(1_000_000),
  questionsPerVideo: z.int().min(1).max(8).default(8), // ours: one for each scene of a video
});

/** The small world: three splits that share neither layouts nor words. */
export const world = strict({
  seed: natural.default(1), // ours
  train: worldPart,
  validation: worldPart.prefault({ videos: 32 }), // ours
  test: worldPart,
});

/** Questions asked of the policy after each stage, on the test split. */
export const evaluation = strict({
  single: natural.max(100_000).default(500), // ours: 95 % intervals of ± 4 points
  several: natural.max(100_000).default(500), // ours
  shown: natural.max(1000).default(12), // ours
});
