import type { ConversationRecord } from '../../domain/conversation/records.js';
import { count } from '../report/html/format.js';
import { html, type Markup } from '../report/html/html.js';

/** Who answered, and what it cost. */
export function spending({ turns, spent }: ConversationRecord): Markup {
  const models = [...new Set(turns.map(({ spoken }) => spoken.by.model))];
  const places = [...new Set(turns.map(({ spoken }) => spoken.by.url))];
  const wasted = Object.entries(spent.wasted).map(([why, n]) => `${n} × ${why}`);
  const pairs: [string, string][] = [
    ['model', models.join(', ') || 'none'],
    ['endpoint', places.join(', ') || 'none'],
    ['protocol', [...new Set(turns.map(({ spoken }) => spoken.protocol))].join(', ') || 'none'],
    ['messages', count(spent.messages)],
    ['prompt tokens', count(spent.promptTokens)],
    ['of them cached', count(spent.cachedTokens)],
    ['written tokens', count(spent.completionTokens)],
    ...(spent.unmetered > 0
      ? [['messages without a count', count(spent.unmetered)] as [string, string]]
      : []),
    ...(spent.unpriced < spent.messages ? [['cost', spent.cost.toFixed(5)] as [string, string]] : []),
    ...(wasted.length > 0 ? [['calls in vain', wasted.join(', ')] as [string, string]] : []),
  ];
  return html`
    <details>
      <summary>Who answered, and what it cost</summary>
      <dl class="pairs">
        ${pairs.map(
          ([name, value]) =>
            html`<div>
              <dt>${name}</dt>
              <dd>${value}</dd>
            </div>`,
        )}
      </dl>
    </details>
  `;
}
