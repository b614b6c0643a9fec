import type { RunReport } from '../../../activities/contract.js';
import { count } from './format.js';
import type { Markup } from './html.js';
import { html } from './html.js';

/** Every prompt of the RL steps, accounted for once; says so where the sum does not add up. */
export function ledgerTable({ sampled, trained, filtered, quarantined }: RunReport['ledger']): Markup {
  const accounted = trained + sum(filtered) + sum(quarantined);
  return html`
    <dl class="pairs">
      <div>
        <dt>sampled</dt>
        <dd>${count(sampled)}</dd>
      </div>
      <div>
        <dt>trained on</dt>
        <dd>${count(trained)}</dd>
      </div>
      ${Object.entries(filtered).map(
        ([why, n]) =>
          html`<div>
            <dt>filtered: ${why}</dt>
            <dd>${count(n)}</dd>
          </div>`,
      )}
      ${Object.entries(quarantined).map(
        ([why, n]) =>
          html`<div>
            <dt>quarantined: ${why}</dt>
            <dd>${count(n)}</dd>
          </div>`,
      )}
    </dl>
    <p class="note">
      ${
        accounted === sampled
          ? '✓ The sum adds up: every sampled prompt was trained on, filtered or quarantined exactly once.'
          : `✗ The sum does not add up: ${count(sampled)} prompts were sampled, ${count(accounted)} are accounted for.`
      }
    </p>
  `;
}

/** Versions of what shaped the run's bytes. */
export function versions(madeBy: RunReport['madeBy']): Markup {
  const entries = Object.entries(madeBy);
  if (entries.length === 0) return html`<p class="note">No versions were recorded.</p>`;
  return html`<dl class="pairs wide">
    ${entries.map(
      ([part, version]) =>
        html`<div>
          <dt>${part}</dt>
          <dd>${version}</dd>
        </div>`,
    )}
  </dl>`;
}

function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, n) => total + n, 0);
}
