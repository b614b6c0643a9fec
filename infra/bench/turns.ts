import type { Child } from './child.js';
import type { Clock } from './clocks.js';
import { median } from './samples.js';

/** Another way to do what we do: a process, and what to do otherwise in it. */
export interface Contestant {
  /** As it stands in the results. */
  readonly name: string;
  readonly child: Child;
  readonly variant: string | null;
  /** Compared, but not what the main ratio is against. */
  readonly apart: boolean;
  /** Loading, compiling where it does, and the first runs. */
  readonly readyWithinMs: number;
}

export interface TurnsOptions {
  readonly rounds: number;
  readonly threads: number;
  readonly clock: Clock;
  readonly onProgress: (line: string) => void;
  /** Measured once a round, beside the two sides. */
  readonly beside?: () => Promise<void>;
  /** While all still stand, before any is closed. */
  readonly before?: (standing: readonly Contestant[]) => Promise<void>;
}

/** Milliseconds of every run, by round. */
export type Rounds = readonly (readonly number[])[];

export interface Turns {
  readonly ours: Rounds;
  /** By contestant. */
  readonly theirs: Readonly<Record<string, Rounds>>;
  readonly standing: readonly Contestant[];
  /** Of those that could not take part, by name. */
  readonly reasons: Readonly<Record<string, string>>;
}

/** Short, so that what else the machine does weighs on both sides of a round. */
const ROUND_MS = 500;
export const LONGEST_ROUND = 10;
const MEASURED_WITHIN_MS = 180_000;

/**
 * Both sides do a scenario in turns, on one machine, a short round each at a time. A contestant whose first run shows that
 * it does something else, or that fails, is left out with the reason; where our side fails, so does all.
 */
export async function takeTurns<Check>(
  scenario: { readonly name: string },
  disagreement: (
    ours: Check,
    theirs: Check,
    contestant: Contestant,
  ) => string | null | Promise<string | null>,
  ours: Child,
  contestants: readonly Contestant[],
  { rounds, threads, clock, onProgress, beside, before }: TurnsOptions,
): Promise<Turns> {
  const { name } = scenario;
  const limit = { timeoutMs: MEASURED_WITHIN_MS };
  onProgress(`${name}: making ready`);
  const check = await ours.ask<Check>('open', { scenario, variant: null, as: name, threads }, limit);
  const reasons: Record<string, string> = {};
  const leaveOut = ({ name: who }: Contestant, reason: string): void => {
    reasons[who] = reason;
    onProgress(`${name}: without ${who}: ${reason}`);
  };
  let standing: Contestant[] = [];
  for (const contestant of contestants) {
    const { child, variant, readyWithinMs } = contestant;
    const request = { scenario, variant, as: as(contestant, name), threads };
    const reason = await child
      .ask<Check>('open', request, { timeoutMs: readyWithinMs })
      .then((theirs) => disagreement(check, theirs, contestant), messageOf);
    if (reason === null) standing.push(contestant);
    else leaveOut(contestant, reason);
  }
  await before?.(standing);
  const once = await measure(ours, name, 2, { round: 0, threads, clock });
  const times = Math.min(LONGEST_ROUND, Math.max(1, Math.round(ROUND_MS / Math.min(...once))));
  const ourRounds: Rounds[number][] = [];
  const theirRounds = new Map<string, Rounds[number][]>();
  for (let round = 0; round < rounds; round++) {
    ourRounds.push(await measure(ours, name, times, { round, threads, clock }));
    for (const contestant of standing) {
      const { child, name: who } = contestant;
      try {
        const ms = await measure(child, as(contestant, name), times, { round, threads, clock });
        theirRounds.set(who, [...(theirRounds.get(who) ?? []), ms]);
      } catch (error) {
        standing = standing.filter((one) => one !== contestant);
        theirRounds.delete(who);
        leaveOut(contestant, messageOf(error));
      }
    }
    await beside?.();
    onProgress(`${name}: round ${round + 1} of ${rounds}: ${line(ourRounds, theirRounds)}`);
  }
  await ours.ask('close', { name, threads }, limit);
  for (const contestant of standing)
    await contestant.child.ask('close', { name: as(contestant, name), threads }, limit);
  return { ours: ourRounds, theirs: Object.fromEntries(theirRounds), standing, reasons };
}

function measure(
  child: Child,
  name: string,
  times: number,
  how: { readonly round: number; readonly threads: number; readonly clock: Clock },
): Promise<readonly number[]> {
  // One long run warms its caches itself.
  const request = { name, times, warmUp: times > 1, ...how };
  return child.ask('measure', request, { timeoutMs: MEASURED_WITHIN_MS });
}

function as(contestant: Contestant, scenario: string): string {
  return `${scenario}/${contestant.name}`;
}

function line(ours: Rounds, theirs: ReadonlyMap<string, Rounds>): string {
  const last = (rounds: Rounds): string => {
    const ms = median(rounds.at(-1)!);
    return `${ms.toFixed(ms < 10 ? 1 : 0)} ms`;
  };
  const others = [...theirs].map(([name, rounds]) => `${name} ${last(rounds)}`);
  return [`ours ${last(ours)}`, ...others].join(', ');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
