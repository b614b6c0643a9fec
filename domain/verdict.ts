/** What a verdict needs of a row of the final table. */
export interface VerdictRow {
  readonly stage: string;
  readonly n: number;
  readonly accuracy: number;
  readonly ci95: readonly [number, number];
}

/**
 * One sentence that says what came of a run: the last policy's accuracy with its interval, and its distance
 * to answering directly from the overview (or, where no such baseline was trained, to the base policy),
 * whichever sign it has.
 */
export function verdict(stages: readonly VerdictRow[], direct: VerdictRow | null, base: VerdictRow): string {
  const last = stages.at(-1);
  if (last === undefined) return `No stage was evaluated; the base policy answers ${percent(base.accuracy)}.`;
  const [low, high] = last.ci95;
  const rival = direct ?? base;
  const rivalName = direct === null ? 'the base policy' : 'answering directly from the overview';
  return (
    `After ${last.stage} the policy answers ${percent(last.accuracy)} of ${last.n.toLocaleString('en')} held-out questions exactly ` +
    `(95 % interval ${number(low)} to ${number(high)}): ${distance(last.accuracy - rival.accuracy)} ${rivalName} ` +
    `(${percent(rival.accuracy)}), and the two intervals ${overlap(last.ci95, rival.ci95) ? 'overlap' : 'do not overlap'}.`
  );
}

function distance(delta: number): string {
  const points = (Math.abs(delta) * 100).toFixed(1);
  if (points === '0.0') return 'level with';
  return `${points} points ${delta > 0 ? 'above' : 'below'}`;
}

function overlap(a: readonly [number, number], b: readonly [number, number]): boolean {
  return a[0] <= b[1] && b[0] <= a[1];
}

function percent(share: number): string {
  return `${number(share)} %`;
}

function number(share: number): string {
  return (share * 100).toFixed(1);
}
