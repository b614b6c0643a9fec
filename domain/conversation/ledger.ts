import type { Prices } from './spec.js';

/** What messages cost. One for each committed message, so that their sum counts nothing twice. */
export interface Spent {
  /** Messages that were kept. */
  readonly messages: number;
  readonly promptTokens: number;
  /** Of the prompt tokens, those that the server had in its cache. */
  readonly cachedTokens: number;
  readonly completionTokens: number;
  /** Messages for which the server did not say what they used: their tokens are not in the sums. */
  readonly unmetered: number;
  /** In the currency of the prices; messages of endpoints without prices are `unpriced` and not in it. */
  readonly cost: number;
  readonly unpriced: number;
  /** Calls that gave no message, by why; what the server charged for them is not known. */
  readonly wasted: Readonly<Record<string, number>>;
}

export const NOTHING_SPENT: Spent = {
  messages: 0,
  promptTokens: 0,
  cachedTokens: 0,
  completionTokens: 0,
  unmetered: 0,
  cost: 0,
  unpriced: 0,
  wasted: {},
};

/** What a server says that one completion used; null where it says nothing. */
export interface Usage {
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly completionTokens: number;
}

/** The entry of one message. `wasted`: why each earlier call for it failed. */
export function spentOn(usage: Usage | null, prices: Prices | null, wasted: readonly string[]): Spent {
  const counts: Record<string, number> = {};
  for (const why of wasted) counts[why] = (counts[why] ?? 0) + 1;
  const used = usage ?? { promptTokens: 0, cachedTokens: 0, completionTokens: 0 };
  return {
    messages: 1,
    ...used,
    unmetered: usage === null ? 1 : 0,
    cost: prices === null ? 0 : costOf(used, prices),
    unpriced: prices === null || usage === null ? 1 : 0,
    wasted: counts,
  };
}

/** Tokens from the cache are part of the prompt's, at a price of their own. */
export function costOf({ promptTokens, cachedTokens, completionTokens }: Usage, prices: Prices): number {
  const fresh = Math.max(0, promptTokens - cachedTokens);
  return (
    (fresh * prices.prompt + cachedTokens * prices.cached + completionTokens * prices.completion) / 1_000_000
  );
}

/** Both as one. Reasons stand in code-unit order, so that equal ledgers are equal as JSON. */
export function addSpent(a: Spent, b: Spent): Spent {
  const reasons = [...new Set([...Object.keys(a.wasted), ...Object.keys(b.wasted)])].sort();
  return {
    messages: a.messages + b.messages,
    promptTokens: a.promptTokens + b.promptTokens,
    cachedTokens: a.cachedTokens + b.cachedTokens,
    completionTokens: a.completionTokens + b.completionTokens,
    unmetered: a.unmetered + b.unmetered,
    cost: a.cost + b.cost,
    unpriced: a.unpriced + b.unpriced,
    wasted: Object.fromEntries(reasons.map((why) => [why, (a.wasted[why] ?? 0) + (b.wasted[why] ?? 0)])),
  };
}
