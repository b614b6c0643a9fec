import Table from 'cli-table3';
import { PARTS } from './attribution.js';
import type { Bench } from './bench.js';
import type { StageTimes } from './stages.js';

/** The result for people. */
export function benchTable({ stages, machine, versions }: Bench): string {
  const table = new Table({
    head: ['stage', 'ms a step', ...PARTS, 'activities', 'first step'],
    colAligns: ['left', ...Array.from({ length: PARTS.length + 3 }, () => 'right' as const)],
    style: { head: [], border: [] },
  });
  for (const stage of stages)
    table.push([
      `${stage.stage} (${stage.steps} steps)`,
      stage.stepMs.toFixed(0),
      ...PARTS.map((part) => cell(stage, part)),
      stage.activitiesPerStep.toFixed(1),
      `${stage.firstStepMs.toFixed(0)} ms`,
    ]);
  const { cpu, cores, memoryGib, loadBefore } = machine;
  return [
    table.toString(),
    '',
    ...EXPLANATION,
    '',
    `Machine: ${cpu}, ${cores} cores, ${memoryGib} GiB, load ${loadBefore} before.`,
    `Versions: ${Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join('; ')}.`,
  ].join('\n');
}

const EXPLANATION = [
  'Milliseconds of the wall clock a step, and their share. Each moment belongs to what was at work in it, in equal',
  'shares where several activities were; orchestration is the time in which none was: the wall clock minus all others.',
  'The steps of the first training activity are left out: they make graphs and fill caches (last column).',
] as const;

function cell({ stepMs, parts }: StageTimes, part: (typeof PARTS)[number]): string {
  const ms = parts[part];
  return ms === 0 ? '–' : `${ms.toFixed(ms < 10 ? 1 : 0)} (${((100 * ms) / stepMs).toFixed(1)} %)`;
}
