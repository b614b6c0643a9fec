import { z } from 'zod';
import { natural, strict, text } from './values.js';

const worldPart = strict({
  videos: z.int().min(1).max(1_000_000),
  questionsPerVideo: z.int().min(1).max(8).default(8), // ours: one for each scene of a video
});

/** The small world: three splits that share neither layouts nor words. */
const world = strict({
  seed: natural.default(1), // ours
  train: worldPart,
  validation: worldPart.prefault({ videos: 32 }), // ours
  test: worldPart,
});

/** Data folders, relative to the curriculum's file. */
const folders = strict({ train: text, test: text });

export const data = strict({ world: world.optional(), folders: folders.optional() })
  .check((context) => {
    const given = context.value;
    if ((given.world === undefined) !== (given.folders === undefined)) return;
    const got = given.world === undefined ? 'neither' : 'both';
    const message = `expected either world (rendered here) or folders (your own data), got ${got}`;
    context.issues.push({ code: 'custom', input: given, message });
  })
  .transform((given) => (given.folders ? { folders: given.folders } : { world: given.world! }));

/** Questions asked of the policy after each stage, on the test split. */
export const evaluation = strict({
  single: natural.max(100_000).default(500), // ours: 95 % intervals of ± 4 points
  several: natural.max(100_000).default(500), // ours
  shown: natural.max(1000).default(12), // ours
});
