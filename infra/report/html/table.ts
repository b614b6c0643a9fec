import type { ReportRow, RunReport } from '../../../activities/contract.js';
import { count, interval, percent } from './format.js';
import type { Markup } from './html.js';
import { html } from './html.js';

/** The final table: the policy after each stage, and below a rule the baselines. */
export function finalTable(report: RunReport): Markup {
  const { majority, direct, base } = report.baselines;
  return html`
    <div class="scroll" role="region" aria-label="Final table" tabindex="0">
      <table>
        <thead>
          <tr>
            <th scope="col">Policy</th>
            <th scope="col">Accuracy</th>
            <th scope="col">95 % interval</th>
            <th scope="col">One tool</th>
            <th scope="col">Several</th>
            <th scope="col">ANLS</th>
            <th scope="col">Clips</th>
            <th scope="col">Crops</th>
            <th scope="col">Turns</th>
            <th scope="col">n</th>
          </tr>
        </thead>
        <tbody>
          ${report.stages.map((row, index) => tableRow(row, `after ${row.stage}`, index === report.stages.length - 1))}
        </tbody>
        <tbody class="baselines">
          ${tableRow(base, 'base policy')} ${direct === null ? null : tableRow(direct, 'direct answering')}
          ${tableRow(majority, 'majority answer')}
        </tbody>
      </table>
    </div>
    <p class="note">
      Accuracy and ANLS over held-out questions about videos with unseen words and layouts; clips, crops and
      turns are means per rollout. “One tool” and “Several” split the questions by the looks that they need.
    </p>
  `;
}

function tableRow(row: ReportRow, label: string, last = false): Markup {
  return html`
    <tr class=${last ? 'last' : undefined}>
      <th scope="row">${label}</th>
      <td class="strong">${percent(row.accuracy)}</td>
      <td>${interval(row.ci95)}</td>
      <td>${part(row.single)}</td>
      <td>${part(row.several)}</td>
      <td>${row.anls.toFixed(3)}</td>
      <td>${row.clips.toFixed(2)}</td>
      <td>${row.crops.toFixed(2)}</td>
      <td>${row.turns.toFixed(2)}</td>
      <td>${count(row.n)}</td>
    </tr>
  `;
}

function part(split: ReportRow['single']): string {
  return split.n === 0 ? '–' : percent(split.accuracy);
}
