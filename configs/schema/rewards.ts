import { z } from 'zod';
import { natural, share, strict, weight } from './values.js';

/** Weights of the reward's terms. The paper names the terms; its weights are not public. */
export const rewards = strict({
  formatWeight: weight.default(0.1), // ours
  diversity: weight.default(0.05), // ours
  representativeness: weight.default(0.05), // ours
  curiosity: strict({
    weight: weight.default(1), // ours
    alpha: weight.default(0.5), // ancestor
    threshold: share.default(0.3), // ancestor: H
    beta: z.number().min(0).max(10).default(0.05), // ancestor
    minCalls: natural.max(100).default(1), // ancestor: N, the calls that cost nothing
  }).prefault({}),
});
