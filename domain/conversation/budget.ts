import type { Budget } from './spec.js';

/** What a conversation has used up so far. */
export interface Used {
  readonly looks: number;
  readonly turns: number;
  readonly tokens: number;
}

export const NOTHING_USED: Used = { looks: 0, turns: 0, tokens: 0 };

/** Whether the next message must be the answer: no look is left, or no message or token for what would follow one. */
export function mustAnswer(budget: Budget, used: Used): boolean {
  return (
    used.looks >= budget.maxLooks || used.turns + 1 >= budget.maxTurns || used.tokens >= budget.maxTokens
  );
}

/** Looks that may still be had. */
export function looksLeft(budget: Budget, used: Used): number {
  return Math.max(0, Math.min(budget.maxLooks - used.looks, budget.maxTurns - 1 - used.turns));
}
