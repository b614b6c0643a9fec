import { z } from 'zod';
import { reinforcementOptimizer, supervisedOptimizer } from './optimizer.js';
import { rewards } from './rewards.js';
import { share, steps, strict, text, weight } from './values.js';

const common = {
  name: text.regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$/, {
    error: 'a stage name has 1 to 40 letters, digits, "_", "-" or ".", the first a letter or digit',
  }),
  /** `base` or an earlier stage. */
  from: text.optional(),
  baseline: z.boolean().default(false),
};

const batchSize = z.int().min(1).max(4096);
const samples = z.int().min(1).max(10_000_000);

const pretrain = strict({
  ...common,
  type: z.literal('pretrain'),
  steps,
  batchSize: batchSize.default(128), // ours: reading stayed on its plateau at 64
  samples: samples.default(40_000), // ours
  stepsPerCommit: steps.default(100), // ours
  optimizer: supervisedOptimizer,
});

const sft = strict({
  ...common,
  type: z.literal('sft'),
  trajectories: strict({
    style: z.enum(['drp', 'crp', 'direct']),
    count: samples, // paper: 7,000 for DRP, 10,000 for CRP
    boxNoise: share.default(0.4), // ours
    singleToolShare: share.optional(),
    readingShare: share.default(0.2), // ours: without it reading is forgotten
  }),
  steps,
  batchSize: batchSize.default(64), // ours
  stepsPerCommit: steps.default(50), // ours
  auxiliaryWeight: weight.default(0.5), // ours
  optimizer: supervisedOptimizer,
});

const question = z.enum(['crop', 'clip', 'several']);

const rl = strict({
  ...common,
  type: z.literal('rl'),
  steps,
  questionsPerStep: z.int().min(1).max(4096).default(32), // ours: below 256 rollouts a step it fell apart
  groupSize: z
    .int()
    .min(1)
    .max(64)
    .refine((size) => size !== 1, {
      error: 'expected at least 2, got 1: an advantage compares the rollouts of one question',
    })
    .default(8), // ancestor
  groupsPerShard: z.int().min(1).max(4096).default(8), // ours
  questions: z.array(question).min(1).default(['crop', 'clip']), // paper: RL_d takes single-tool samples
  temperature: z.number().positive().max(2).default(1), // ancestor
  topP: z.number().positive().max(1).default(1), // ours: all tokens
  objective: strict({
    clipLow: share.gt(0).lt(1).default(0.2), // ancestor
    clipHigh: z.number().positive().max(10).default(0.28), // ours
    kl: weight.default(0.01), // ours: the paper has the term, its weight is not public
    advantageEps: z.number().positive().max(1).default(0.05), // ours
  }).prefault({}),
  rewards: rewards.prefault({}),
  optimizer: reinforcementOptimizer,
});

/** One stage, told apart by `type`; rules within one stage are here, those between stages in `configs/order.ts`. */
export const stage = z.discriminatedUnion('type', [pretrain, sft, rl]).check((context) => {
  const given = context.value;
  const refuse = (path: readonly string[], message: string): void => {
    context.issues.push({ code: 'custom', input: given, path: [...path], message });
  };
  switch (given.type) {
    case 'pretrain':
      return;
    case 'sft': {
      const { style, singleToolShare } = given.trajectories;
      if (style !== 'crp' && singleToolShare !== undefined)
        refuse(
          ['trajectories', 'singleToolShare'],
          `singleToolShare mixes single-tool trajectories into style crp, but the style is ${style}: remove it`,
        );
      return;
    }
    case 'rl': {
      if (given.questionsPerStep % given.groupsPerShard !== 0)
        refuse(
          ['groupsPerShard'],
          `questionsPerStep ${given.questionsPerStep} is not divisible by groupsPerShard ${given.groupsPerShard}: ` +
            `use ${nearestDivisor(given.questionsPerStep, given.groupsPerShard)} groups a shard`,
        );
      if (new Set(given.questions).size !== given.questions.length)
        refuse(
          ['questions'],
          `a kind of question is listed twice in [${given.questions.join(', ')}]: name each once`,
        );
      return;
    }
    default:
      given satisfies never;
  }
});

export type StageFile = z.output<typeof stage>;

/** The largest divisor of `n` that is at most `wanted`. */
function nearestDivisor(n: number, wanted: number): number {
  let divisor = Math.min(n, wanted);
  while (n % divisor !== 0) divisor--;
  return divisor;
}
