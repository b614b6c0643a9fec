import type { Rollout } from '../trajectory.js';

/**
 * Format: 1 when every message could be parsed and the last one is an answer, else 0. A call that was refused
 * is well formed; what it asked for is not format. (Video-R4 has the term; this reading of it is ours.)
 */
export function formatReward(rollout: Rollout): 0 | 1 {
  const parsed = rollout.turns.every(({ action }) => action !== null);
  return parsed && rollout.turns.at(-1)?.action?.tool === 'answer' ? 1 : 0;
}
