/** What a step's time is spent on. `orchestration` is the time in which none of the others was at work. */
export const PARTS = ['sampling', 'tools', 'scoring', 'training', 'storage', 'orchestration'] as const;
export type Part = (typeof PARTS)[number];
export type Work = Exclude<Part, 'orchestration'>;

/** An activity as the server saw it begin and end, and what it says itself that it did, in that order. */
export interface Activity {
  readonly startedMs: number;
  readonly endedMs: number;
  readonly did: readonly { readonly part: Work; readonly ms: number }[];
}

/** Half-open, in milliseconds of one clock. */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Milliseconds of the wall clock for each part; they add up to the window.
 *
 * Every moment belongs to what was at work in it, in equal shares where several activities were; a moment in which
 * nothing was at work is orchestration: Temporal's hops, workflow code, and an activity's way to its worker and
 * back. An activity's own stopwatch is put in the middle of the time between its begin and its end on the server,
 * because what the stopwatch did not see lies before it (the way there) and after it (the way back).
 */
export function attribute(activities: readonly Activity[], window: Window): Record<Part, number> {
  const stretches = activities
    .flatMap(stretchesOf)
    .map(({ part, fromMs, toMs }) => ({
      part,
      fromMs: Math.max(fromMs, window.fromMs),
      toMs: Math.min(toMs, window.toMs),
    }))
    .filter(({ fromMs, toMs }) => toMs > fromMs);
  const sums = emptyParts();
  const edges = [window.fromMs, window.toMs, ...stretches.flatMap(({ fromMs, toMs }) => [fromMs, toMs])];
  const moments = [...new Set(edges)].sort((a, b) => a - b);
  for (const [i, fromMs] of moments.slice(0, -1).entries()) {
    const ms = moments[i + 1]! - fromMs;
    const active = stretches.filter((stretch) => stretch.fromMs <= fromMs && stretch.toMs > fromMs);
    if (active.length === 0) sums.orchestration += ms;
    for (const { part } of active) sums[part] += ms / active.length;
  }
  return sums;
}

interface Stretch extends Window {
  readonly part: Work;
}

function stretchesOf({ startedMs, endedMs, did }: Activity): readonly Stretch[] {
  const saidMs = did.reduce((sum, { ms }) => sum + ms, 0);
  const tookMs = Math.max(0, endedMs - startedMs);
  // Stopwatches round to whole milliseconds: what they say may be a little more than there was.
  const scale = saidMs > tookMs ? tookMs / saidMs : 1;
  let at = startedMs + (tookMs - saidMs * scale) / 2;
  return did.map(({ part, ms }) => {
    const fromMs = at;
    at += ms * scale;
    return { part, fromMs, toMs: at };
  });
}

function emptyParts(): Record<Part, number> {
  return { sampling: 0, tools: 0, scoring: 0, training: 0, storage: 0, orchestration: 0 };
}
