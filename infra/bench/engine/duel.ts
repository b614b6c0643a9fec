import { SLOT } from '../../../domain/protocol/compact.js';
import { agreementOptions, disagreement } from './agreement.js';
import type { Clock } from './clocks.js';
import type { Child } from './child.js';
import { fastest, median, pairedRatio, summarize, type Ratio, type Summary } from './samples.js';
import type { Check, Scenario } from './scenarios.js';

/** A way to do a scenario in PyTorch: a process, and what to do otherwise in it. */
export interface Contestant {
  /** As it stands in the results. */
  readonly name: string;
  readonly child: Child;
  readonly variant: string | null;
  /** Compared, but not the PyTorch eager that the main ratio is against. */
  readonly apart: boolean;
  /** Loading, compiling where it does, and the first runs. */
  readonly readyWithinMs: number;
}

export interface DuelResult {
  readonly ours: Summary;
  /** By contestant; those that could not take part have a reason in its place. */
  readonly theirs: Readonly<Record<string, Summary | { readonly reason: string }>>;
  /** The fastest PyTorch eager's time / our time; null where there was none to compare. */
  readonly ratioVsTorch: number | null;
  /** The same with what noise there was. */
  readonly ratio: Ratio | null;
  readonly fastestTorch: string | null;
  /** Of each that is compared apart. */
  readonly apart: Readonly<Record<string, Ratio>>;
}

export interface DuelOptions {
  readonly rounds: number;
  readonly threads: number;
  readonly clock: Clock;
  readonly onProgress: (line: string) => void;
  /** Measured once a round, beside the two sides. */
  readonly beside?: () => Promise<void>;
  /** While all still stand, before any is closed. */
  readonly before?: (standing: readonly Contestant[]) => Promise<void>;
}

/** Short, so that what else the machine does weighs on both sides of a round. */
const ROUND_MS = 500;
const LONGEST_ROUND = 10;
const MEASURED_WITHIN_MS = 180_000;

/** Both sides do a scenario in turns, on one machine, a short round each at a time. */
export async function duel(
  scenario: Scenario,
  ours: Child,
  contestants: readonly Contestant[],
  { rounds, threads, clock, onProgress, beside, before }: DuelOptions,
): Promise<DuelResult> {
  const { name } = scenario;
  const limit = { timeoutMs: MEASURED_WITHIN_MS };
  onProgress(`${name}: making ready`);
  const check = await ours.ask<Check>('open', { scenario, threads }, limit);
  const reasons: Record<string, string> = {};
  const standing: Contestant[] = [];
  for (const contestant of contestants) {
    const reason = await refusal(scenario, check, contestant, threads);
    if (reason === null) standing.push(contestant);
    else {
      reasons[contestant.name] = reason;
      onProgress(`${name}: without ${contestant.name}: ${reason}`);
    }
  }
  await before?.(standing);
  const once = await measure(ours, name, 2, { threads, clock });
  const times = Math.min(LONGEST_ROUND, Math.max(1, Math.round(ROUND_MS / Math.min(...once))));
  const ourRounds: (readonly number[])[] = [];
  const theirRounds: Record<string, (readonly number[])[]> = {};
  for (let round = 0; round < rounds; round++) {
    ourRounds.push(await measure(ours, name, times, { threads, clock }));
    for (const contestant of standing) {
      const ms = await measure(contestant.child, as(contestant, name), times, { threads, clock });
      (theirRounds[contestant.name] ??= []).push(ms);
    }
    await beside?.();
    onProgress(`${name}: round ${round + 1} of ${rounds}: ${line(ourRounds, theirRounds)}`);
  }
  await ours.ask('close', { name, threads }, limit);
  for (const { child, name: own } of standing)
    await child.ask('close', { name: `${name}/${own}`, threads }, limit);
  return result(ourRounds, theirRounds, standing, reasons);
}

async function refusal(
  scenario: Scenario,
  check: Check,
  contestant: Contestant,
  threads: number,
): Promise<string | null> {
  const { child, variant, readyWithinMs } = contestant;
  try {
    const theirs = await child.ask<Check>(
      'open',
      { scenario, variant, as: as(contestant, scenario.name), threads },
      { timeoutMs: readyWithinMs },
    );
    return disagreement(check, theirs, agreementOptions(scenario, variant, SLOT));
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function measure(
  child: Child,
  name: string,
  times: number,
  how: { readonly threads: number; readonly clock: Clock },
): Promise<readonly number[]> {
  // One long run warms its caches itself.
  const request = { name, times, warmUp: times > 1, ...how };
  return child.ask('measure', request, { timeoutMs: MEASURED_WITHIN_MS });
}

function as(contestant: Contestant, scenario: string): string {
  return `${scenario}/${contestant.name}`;
}

function result(
  ours: readonly (readonly number[])[],
  theirs: Readonly<Record<string, readonly (readonly number[])[]>>,
  standing: readonly Contestant[],
  reasons: Readonly<Record<string, string>>,
): DuelResult {
  const counted = standing.filter(({ apart }) => !apart).map(({ name }) => [name, theirs[name]!] as const);
  const best = fastest(Object.fromEntries(counted));
  const ratio = best && pairedRatio(best.rounds, ours);
  const beside = standing.filter(({ apart }) => apart);
  return {
    ours: summarize(ours.flat()),
    theirs: {
      ...Object.fromEntries(Object.entries(theirs).map(([name, rounds]) => [name, summarize(rounds.flat())])),
      ...Object.fromEntries(Object.entries(reasons).map(([name, reason]) => [name, { reason }])),
    },
    ratioVsTorch: ratio?.ratio ?? null,
    ratio,
    fastestTorch: best?.name ?? null,
    apart: Object.fromEntries(beside.map(({ name }) => [name, pairedRatio(theirs[name]!, ours)])),
  };
}

function line(
  ours: readonly (readonly number[])[],
  theirs: Readonly<Record<string, readonly (readonly number[])[]>>,
): string {
  const last = (rounds: readonly (readonly number[])[]): string => `${median(rounds.at(-1)!).toFixed(0)} ms`;
  const others = Object.entries(theirs).map(([name, rounds]) => `${name} ${last(rounds)}`);
  return [`ours ${last(ours)}`, ...others].join(', ');
}
