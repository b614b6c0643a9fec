import { createHash } from 'node:crypto';
import { renderToString } from 'preact-render-to-string';
import type { VNode } from 'preact';
import type { ReportContent } from '../../../activities/report-content.js';
import { verdict } from '../../../domain/verdict.js';
import { curves } from './curves.js';
import { html, rawMarkup } from './html.js';
import { accuracyChart, effectsChart } from './intervals.js';
import { ledgerTable, versions } from './ledger.js';
import { rollouts } from './rollouts.js';
import { SCRIPT } from './script.js';
import { STYLE } from './style.js';
import { finalTable } from './table.js';
import { timeSpent } from './time.js';

/**
 * The report as one self-contained HTML file: pictures as data URLs, and a content security policy under
 * which the page can load nothing and run no script but its own.
 */
export function reportPage(content: ReportContent): string {
  const { report, series, temporalUi } = content;
  const { direct, base } = report.baselines;
  const page = html`
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content=${POLICY} />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${report.run} · Ruminate</title>
        <style ...${rawMarkup(STYLE)}></style>
      </head>
      <body>
        <a class="skip" href="#rollouts">Skip to the rollouts</a>
        <header class="top">
          <p class="kicker">Ruminate · report of a run</p>
          <h1>${report.run}</h1>
          <p class="verdict">${verdict(report.stages, direct, base)}</p>
          <p class="note">
            Curriculum <code>${report.curriculum}</code>
            ${temporalUi === null ? null : html` · <a href=${safeLink(temporalUi)}>the run in the Temporal UI</a>`}
          </p>
          <nav aria-label="Sections">
            ${SECTIONS.map(([id, title]) => html`<a href=${`#${id}`}>${title}</a>`)}
          </nav>
        </header>
        <main>
          <section id="accuracy">
            <h2>Accuracy</h2>
            ${accuracyChart(report)} ${finalTable(report)}
          </section>
          <section id="effects">
            <h2>What reinforcement learning changed</h2>
            <p class="note">
              Accuracy after each RL stage minus before it, on the same questions, in points; 95 % interval of
              the paired difference.
            </p>
            ${effectsChart(report.effects)}
          </section>
          <section id="rollouts">
            <h2>Rollouts</h2>
            ${rollouts(content)}
          </section>
          <section id="curves">
            <h2>Curves</h2>
            ${curves(series)}
          </section>
          <section id="time">
            <h2>Where a step’s time went</h2>
            ${timeSpent(series)}
          </section>
          <section id="ledger">
            <h2>Prompt ledger</h2>
            ${ledgerTable(report.ledger)}
          </section>
          <section id="versions">
            <h2>Made by</h2>
            ${versions(report.madeBy)}
          </section>
        </main>
        <script ...${rawMarkup(SCRIPT)}></script>
      </body>
    </html>
  `;
  return `<!doctype html>\n${renderToString(one(page))}\n`;
}

const SECTIONS = [
  ['accuracy', 'Accuracy'],
  ['effects', 'RL effects'],
  ['rollouts', 'Rollouts'],
  ['curves', 'Curves'],
  ['time', 'Time'],
  ['ledger', 'Ledger'],
  ['versions', 'Versions'],
] as const;

const SCRIPT_HASH = createHash('sha256').update(SCRIPT).digest('base64');
const POLICY = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-${SCRIPT_HASH}'; base-uri 'none'; form-action 'none'`;

/** Links lead to a web page or nowhere: a `javascript:` address becomes `#`. */
function safeLink(address: string): string {
  return /^https?:\/\//.test(address) ? address : '#';
}

function one(markup: ReturnType<typeof html>): VNode {
  if ('type' in markup) return markup;
  throw new Error(`expected one root element, got ${markup.length}`);
}
