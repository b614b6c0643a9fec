import { LineChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import type { StepRecord } from '../../../activities/contract.js';
import { short } from './format.js';
import type { Markup } from './html.js';
import { html, rawMarkup } from './html.js';

use([LineChart, GridComponent, SVGRenderer]);

/** Metrics worth a curve, in this order; whatever else a stage recorded stands in its table of last values. */
const CURVES: readonly (readonly [name: string, title: string])[] = [
  ['loss', 'Loss'],
  ['reward', 'Reward'],
  ['accuracy', 'Sampled accuracy'],
  ['kl', 'KL to the stage’s start'],
  ['looks', 'Looks per rollout'],
  ['largestLogRatio', 'Largest sampler mismatch'],
  ['samplerKl', 'KL(sampler ‖ trainer)'],
];

const WIDTH_PX = 260;
const HEIGHT_PX = 150;

/** The training curves of every stage, in the order in which the stages ran. */
export function curves(series: readonly StepRecord[]): Markup {
  const stages = [...new Set(series.map((record) => record.stage))];
  if (stages.length === 0) return html`<p class="note">No step was recorded.</p>`;
  return html`${stages.map((stage, index) =>
    stageCurves(
      stage,
      series.filter((record) => record.stage === stage),
      index,
    ),
  )}`;
}

function stageCurves(stage: string, records: readonly StepRecord[], index: number): Markup {
  const last = records.at(-1);
  const shown = CURVES.map(([name, title]) => ({ name, title, line: lineOf(records, name) })).filter(
    ({ line }) => line.length > 1,
  );
  const rest = Object.entries(last?.metrics ?? {}).filter(
    ([name]) => !shown.some((curve) => curve.name === name),
  );
  return html`
    <section class="stage-curves">
      <h3>${stage} <small>${last?.step ?? 0} steps</small></h3>
      <div class="curves">
        ${shown.map(
          ({ name, title, line }) => html`
            <figure>
              <figcaption><span>${title}</span> <b>${short(line.at(-1)?.[1] ?? Number.NaN)}</b></figcaption>
              <div
                class="chart"
                role="img"
                aria-label=${describe(title, line)}
                ...${rawMarkup(chartSvg(line, `chart${index}${name}`))}
              ></div>
            </figure>
          `,
        )}
      </div>
      ${
        rest.length === 0
          ? null
          : html`<details>
              <summary>Other metrics at the last step</summary>
              <dl class="pairs">
                ${rest.map(
                  ([name, value]) =>
                    html`<div>
                      <dt>${name}</dt>
                      <dd>${short(value)}</dd>
                    </div>`,
                )}
              </dl>
            </details>`
      }
    </section>
  `;
}

type Line = readonly (readonly [step: number, value: number])[];

/** (step, value) where the metric was recorded and finite. */
function lineOf(records: readonly StepRecord[], name: string): Line {
  return records.flatMap((record) => {
    const value = name === 'looks' ? looksOf(record) : record.metrics[name];
    return value !== undefined && Number.isFinite(value) ? [[record.step, value] as const] : [];
  });
}

/** Valid looks per rollout: clips and crops together. */
function looksOf({ metrics: { clips, crops } }: StepRecord): number | undefined {
  return clips === undefined || crops === undefined ? undefined : clips + crops;
}

function describe(title: string, line: Line): string {
  const [first, last] = [line[0], line.at(-1)];
  return `${title}: from ${short(first?.[1] ?? Number.NaN)} at step ${first?.[0] ?? 0} to ${short(last?.[1] ?? Number.NaN)} at step ${last?.[0] ?? 0}`;
}

/**
 * Numbers only: no name of a run or stage gets into this markup. Colours are the page's variables. Hover
 * classes go, and `id` takes the place of an id that echarts counts up through the process, so that equal
 * reports are equal bytes.
 */
function chartSvg(line: Line, id: string): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH_PX, height: HEIGHT_PX });
  const label = { color: 'var(--soft)', fontSize: 11, fontFamily: 'system-ui, sans-serif' };
  chart.setOption({
    animation: false,
    grid: { left: 44, right: 12, top: 10, bottom: 24 },
    xAxis: {
      type: 'value',
      min: 'dataMin',
      max: 'dataMax',
      splitNumber: 3,
      axisLabel: { ...label, showMinLabel: false, hideOverlap: true },
      axisLine: { lineStyle: { color: 'var(--line)' } },
      axisTick: { show: false },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      scale: true,
      splitNumber: 3,
      axisLabel: { ...label, formatter: (value: number) => short(value) },
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: 'var(--line)', width: 1 } },
    },
    series: [
      {
        type: 'line',
        data: line.map(([step, value]) => [step, value]),
        showSymbol: false,
        silent: true,
        lineStyle: { color: 'var(--accent)', width: 2 },
        itemStyle: { color: 'var(--accent)' },
      },
    ],
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  const still = svg.replaceAll(/<style[^]*?<\/style>| class="[^"]*"/g, '');
  return still.replaceAll(/zr\d+/g, id);
}
