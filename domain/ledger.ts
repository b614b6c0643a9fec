/** Each prompt of every RL step is accounted for exactly once; filtered and quarantined by reason. */
export interface Ledger {
  readonly sampled: number;
  readonly trained: number;
  readonly filtered: Readonly<Record<string, number>>;
  readonly quarantined: Readonly<Record<string, number>>;
}

export const EMPTY_LEDGER: Ledger = { sampled: 0, trained: 0, filtered: {}, quarantined: {} };

/** Both ledgers as one. Reasons are kept in code-unit order, so that equal ledgers are equal as JSON. */
export function addLedger(a: Ledger, b: Ledger): Ledger {
  return {
    sampled: a.sampled + b.sampled,
    trained: a.trained + b.trained,
    filtered: addCounts(a.filtered, b.filtered),
    quarantined: addCounts(a.quarantined, b.quarantined),
  };
}

/** Whether sampled = trained + filtered + quarantined, all of them counts. */
export function balanced(ledger: Ledger): boolean {
  const left = [ledger.trained, ...Object.values(ledger.filtered), ...Object.values(ledger.quarantined)];
  const areCounts = [ledger.sampled, ...left].every((count) => Number.isSafeInteger(count) && count >= 0);
  return areCounts && ledger.sampled === left.reduce((sum, count) => sum + count, 0);
}

function addCounts(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const reasons = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return Object.fromEntries(
    reasons.map((reason) => [
      reason,
      (Object.hasOwn(a, reason) ? a[reason]! : 0) + (Object.hasOwn(b, reason) ? b[reason]! : 0),
    ]),
  );
}
