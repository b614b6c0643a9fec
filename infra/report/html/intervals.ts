import type { ReportRow, RunReport } from '../../../activities/contract.js';
import { interval, percent, points } from './format.js';
import type { Markup } from './html.js';
import { html } from './html.js';

/** Accuracy of every policy as a dot with its 95 % interval, on one axis from 0 to 100 %. */
export function accuracyChart(report: RunReport): Markup {
  const { majority, direct, base } = report.baselines;
  const baselines: readonly (readonly [string, ReportRow])[] = [
    ...(direct === null ? [] : [['direct answering', direct] as const]),
    ['majority answer', majority],
  ];
  const dot = ([label, row]: readonly [string, ReportRow], kind: string): Markup =>
    line(label, kind, row.accuracy, row.ci95, UNIT, `${percent(row.accuracy)}`, interval(row.ci95));
  return html`
    <ul class="dots" aria-label="Accuracy with 95 % interval">
      ${dot(['base policy', base], 'base')} ${report.stages.map((row) => dot([row.stage, row], 'stage'))}
      ${baselines.map((pair) => dot(pair, 'rival'))} ${axis(UNIT, (at) => `${Math.round(at * 100)}`, ' %')}
    </ul>
  `;
}

/** What each RL stage changed, on the same questions, with the interval of the paired difference. */
export function effectsChart(effects: RunReport['effects']): Markup {
  if (effects.length === 0) return html`<p class="note">This curriculum has no RL stage.</p>`;
  const reach = Math.max(0.05, ...effects.flatMap(({ ci95 }) => ci95.map(Math.abs)));
  const range: Range = { low: -Math.ceil(reach * 20) / 20, high: Math.ceil(reach * 20) / 20 };
  return html`
    <ul class="dots" aria-label="Change of accuracy with 95 % interval, in points">
      ${effects.map(({ stage, delta, ci95 }) => {
        const text = `${points(ci95[0])} to ${points(ci95[1])}`;
        return line(
          stage,
          ci95[0] > 0 || ci95[1] < 0 ? 'stage' : 'rival',
          delta,
          ci95,
          range,
          points(delta),
          text,
        );
      })}
      ${axis(range, (at) => points(at).replace('.0', ''), '')}
    </ul>
    <p class="note">A hollow dot: the interval holds zero, so this run cannot tell the sign.</p>
  `;
}

interface Range {
  readonly low: number;
  readonly high: number;
}

const UNIT: Range = { low: 0, high: 1 };

function line(
  label: string,
  kind: string,
  value: number,
  [low, high]: readonly [number, number],
  range: Range,
  text: string,
  intervalText: string,
): Markup {
  const [from, to] = [place(low, range), place(high, range)];
  return html`
    <li class=${kind}>
      <span class="label">${label}</span>
      <span class="track" aria-hidden="true">
        ${range.low < 0 ? html`<i class="zero" style=${`left:${place(0, range)}%`}></i>` : null}
        <i class="bar" style=${`left:${from}%;width:${to - from}%`}></i>
        <i class="dot" style=${`left:${place(value, range)}%`}></i>
      </span>
      <span class="value"><b>${text}</b> <small>${intervalText}</small></span>
    </li>
  `;
}

/** Five ticks under the tracks; the unit stands with the last. */
function axis(range: Range, text: (at: number) => string, unit: string): Markup {
  const ticks = [0, 0.25, 0.5, 0.75, 1].map((share) => range.low + share * (range.high - range.low));
  return html`
    <li class="axis" aria-hidden="true">
      <span class="label"></span>
      <span class="track">
        ${ticks.map((at, index) => html`<i style=${`left:${place(at, range)}%`}>${text(at)}${index === 4 ? unit : ''}</i>`)}
      </span>
      <span class="value"></span>
    </li>
  `;
}

/** Percent of the way along the track, kept on it. */
function place(value: number, { low, high }: Range): number {
  const share = (value - low) / (high - low);
  return Number.isFinite(share) ? Math.round(Math.min(1, Math.max(0, share)) * 10_000) / 100 : 0;
}
