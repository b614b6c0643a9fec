import { SLOT } from '../../../domain/protocol/compact.js';
import type { Child } from '../child.js';
import { fastest, pairedRatio, summarize, type Ratio, type Summary } from '../samples.js';
import { takeTurns, type Contestant, type Turns, type TurnsOptions } from '../turns.js';
import { agreementOptions, disagreement } from './agreement.js';
import type { Check, Scenario } from './scenarios.js';

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

/** Our engine and PyTorch do a scenario in turns. */
export async function duel(
  scenario: Scenario,
  ours: Child,
  contestants: readonly Contestant[],
  options: TurnsOptions,
): Promise<DuelResult> {
  const differ = (our: Check, their: Check, { variant }: Contestant): string | null =>
    disagreement(our, their, agreementOptions(scenario, variant, SLOT));
  return result(await takeTurns<Check>(scenario, differ, ours, contestants, options));
}

function result({ ours, theirs, standing, reasons }: Turns): DuelResult {
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
