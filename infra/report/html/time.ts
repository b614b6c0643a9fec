import type { StepRecord } from '../../../activities/contract.js';
import { duration, percent } from './format.js';
import type { Markup } from './html.js';
import { html } from './html.js';

/** Shades of the parts; more parts than shades share the last. */
const SHADES = 8;

/** What a step took from its begin to its end, by the workflow's clock; the other names are parts of it. */
const WALL = 'wall';
const REST = 'orchestration and waiting';

/** Where a step's time went: for each stage, the parts of its steps' recorded time. */
export function timeSpent(series: readonly StepRecord[]): Markup {
  const stages = [...new Set(series.map((record) => record.stage))].map((stage) =>
    totals(
      stage,
      series.filter((record) => record.stage === stage),
    ),
  );
  const timed = stages.filter((stage) => stage.sumMs > 0);
  if (timed.length === 0) return html`<p class="note">No times were recorded.</p>`;
  const names = namesBySize(timed);
  return html`
    <p class="note">
      Shares of the work recorded. Shards of a step work side by side, so their work can add up to more than
      the clock’s time.
    </p>
    <div class="times">${timed.map((stage) => stageTime(stage, names))}</div>
  `;
}

interface StageTime {
  readonly stage: string;
  readonly steps: number;
  /** By the clock where it was recorded, else the sum of the parts. */
  readonly wallMs: number;
  readonly sumMs: number;
  /** Largest first. */
  readonly parts: readonly (readonly [name: string, ms: number])[];
}

function totals(stage: string, records: readonly StepRecord[]): StageTime {
  const sums = new Map<string, number>();
  for (const record of records) {
    for (const [name, ms] of Object.entries(record.timeMs)) sums.set(name, (sums.get(name) ?? 0) + ms);
  }
  const wallMs = sums.get(WALL);
  sums.delete(WALL);
  const workMs = [...sums.values()].reduce((sum, ms) => sum + ms, 0);
  if (wallMs !== undefined && wallMs > workMs) sums.set(REST, wallMs - workMs);
  const parts = [...sums].filter(([, ms]) => ms > 0).sort((a, b) => b[1] - a[1]);
  const sumMs = parts.reduce((sum, [, ms]) => sum + ms, 0);
  return { stage, steps: records.at(-1)?.step ?? 0, wallMs: wallMs ?? sumMs, sumMs, parts };
}

/** Every part of any stage once, the largest in all first, so that it has one shade on the whole page. */
function namesBySize(stages: readonly StageTime[]): readonly string[] {
  const sums = new Map<string, number>();
  for (const [name, ms] of stages.flatMap((stage) => stage.parts)) sums.set(name, (sums.get(name) ?? 0) + ms);
  return [...sums].sort((a, b) => b[1] - a[1]).map(([name]) => name);
}

function stageTime({ stage, steps, wallMs, sumMs, parts }: StageTime, names: readonly string[]): Markup {
  const shade = (name: string): string => `shade${Math.min(names.indexOf(name), SHADES - 1)}`;
  const perStep = steps > 0 ? `, ${duration(wallMs / steps)} a step` : '';
  const share = (ms: number): number => Math.round((ms / sumMs) * 1000) / 10;
  return html`
    <section>
      <h3>${stage} <small>${duration(wallMs)}${perStep}</small></h3>
      <div class="stack" aria-hidden="true">
        ${parts.map(([name, ms]) => html`<i class=${shade(name)} style=${`flex-grow:${share(ms)}`}></i>`)}
      </div>
      <ul class="legend">
        ${parts.map(([name, ms]) => html`<li><i class=${shade(name)} aria-hidden="true"></i>${name} <b>${percent(ms / sumMs)}</b></li>`)}
      </ul>
    </section>
  `;
}
