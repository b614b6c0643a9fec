import type { ComputeConfig, PolicyConfig, Stage } from '../curriculum.js';

/** Where the rates below were measured: docs/log.md, "Mini again with the new sampler". */
export const MEASURED = 'npm run bench, 2026-11-21, two cores of an AMD EPYC of family 26';

/**
 * Seconds of one step, where just such steps were measured: the policy of `mini`, on two threads, with the bench's sizes
 * of a step. Null for all else, because a rate that is scaled is a guess.
 */
export function secondsPerStep(
  stage: Stage,
  policy: PolicyConfig,
  { device, threads, microBatch }: ComputeConfig,
): number | null {
  if (policy.engine !== 'onnx' || device !== 'cpu' || threads !== 2 || microBatch !== 64) return null;
  const { width, layers, heads, maxLooks } = policy;
  if (width !== 128 || layers !== 4 || heads !== 4 || maxLooks !== 3) return null;
  switch (stage.type) {
    case 'pretrain':
      return null;
    case 'sft': {
      if (stage.batchSize !== 64) return null;
      const { style } = stage.trajectories;
      return style === 'drp' ? 0.202 : style === 'crp' ? 0.263 : null;
    }
    case 'rl': {
      if (stage.questionsPerStep !== 32 || stage.groupSize !== 8 || stage.groupsPerShard !== 8) return null;
      return stage.questions.includes('several') ? 4.8 : 4.3;
    }
    default:
      return stage satisfies never;
  }
}
