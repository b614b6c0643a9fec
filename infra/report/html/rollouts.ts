import type {
  ReportContent,
  ShownLook,
  ShownRollout,
  ShownTurn,
  Strip,
} from '../../../activities/report-content.js';
import type { Turn } from '../../../domain/trajectory.js';
import type { Box01 } from '../../../domain/world/records.js';
import { dataUrl, percent } from './format.js';
import type { Markup } from './html.js';
import { html } from './html.js';

/** The rollouts that one can look at, and the switches that choose among them. */
export function rollouts({ shown, shownStage }: ReportContent): Markup {
  if (shown.length === 0) return html`<p class="note">No rollout was kept.</p>`;
  const tasks = [...new Set(shown.map(({ graded }) => graded.task))].sort();
  return html`
    <p class="note">
      Greedy rollouts of the policy after ${shownStage}, drawn from every task, right and wrong ones. The
      strip shows what the policy sees at first; a box marks where it chose to crop.
    </p>
    <form class="filters" id="filters">
      ${filter('outcome', 'Outcome', ['all', 'right', 'wrong'])} ${filter('task', 'Task', ['all', ...tasks])}
      <output id="shown" aria-live="polite">${shown.length} of ${shown.length} rollouts</output>
    </form>
    <div class="rollouts">${shown.map(rollout)}</div>
  `;
}

/** A group of radio buttons: one stop of the Tab key, arrows move the choice. */
function filter(name: string, legend: string, values: readonly string[]): Markup {
  return html`
    <fieldset>
      <legend>${legend}</legend>
      ${values.map(
        (value) => html`
          <label
            ><input type="radio" name=${name} value=${value} checked=${value === 'all'} /><span
              >${value}</span
            ></label
          >
        `,
      )}
    </fieldset>
  `;
}

function rollout({ graded, overview, turns, trouble }: ShownRollout, index: number): Markup {
  const outcome = graded.correct ? 'right' : 'wrong';
  const looked = new Set(turns.flatMap((turn) => turn.looks.map((look) => look.frame)));
  return html`
    <article data-outcome=${outcome} data-task=${graded.task} aria-labelledby=${`question-${index}`}>
      <header>
        <h3 id=${`question-${index}`}>${graded.question}</h3>
        <p class="tags">
          <span class=${`badge ${outcome}`}>${graded.correct ? '✓ right' : '✗ wrong'}</span>
          <span class="tag">${graded.task}</span>
          <span class="tag">${graded.looks === 'several' ? 'several looks' : `one ${graded.looks}`}</span>
          <span class="file">${graded.video}</span>
        </p>
      </header>
      ${trouble === null ? null : html`<p class="note">No pictures: ${trouble}</p>`}
      ${overview === null ? null : strip(overview, looked)}
      <ol class="turns">
        ${turns.flatMap((shown, at) => (shown.turn.action?.tool === 'answer' ? [] : [shownTurn(shown, at)]))}
        ${answer(graded, turns.length)}
      </ol>
    </article>
  `;
}

/** Thumbnails of one PNG, numbered; those that the policy looked at are marked. */
function strip({ png, frames, aspect }: Strip, looked: ReadonlySet<number>): Markup {
  const last = frames.length - 1;
  const label = `Overview of ${frames.length} frames${looked.size === 0 ? '' : `; looked at ${[...looked].join(', ')}`}`;
  return html`
    <div
      class="strip"
      role="img"
      aria-label=${label}
      style=${`--strip:url(${dataUrl(png)});--frames:${frames.length};--aspect:${aspect}`}
    >
      ${frames.map(
        (frame, place) => html`
          <span
            class=${looked.has(frame) ? 'looked' : undefined}
            style=${`--at:${last > 0 ? place / last : 0}`}
          >
            <i></i><small>${frame}</small>
          </span>
        `,
      )}
    </div>
  `;
}

function shownTurn({ turn, looks }: ShownTurn, index: number): Markup {
  const refused = turn.observation?.kind === 'refused' ? turn.observation.reason : (turn.failure ?? null);
  return html`
    <li>
      <h4><span>${index + 1}</span> ${actionWords(turn)} ${sureness(turn)}</h4>
      ${turn.thought === null ? null : html`<blockquote>${turn.thought}</blockquote>`}
      ${refused === null ? null : html`<p class="refused">Refused: ${refused}</p>`} ${looks.map(look)}
    </li>
  `;
}

function look({ frame, box01, picture, region }: ShownLook): Markup {
  return html`
    <figure class="look">
      <div class="frame">
        <img src=${dataUrl(picture)} alt=${`Frame ${frame}`} />
        ${box01 === null ? null : html`<i class="box" style=${boxStyle(box01)}></i>`}
      </div>
      ${
        region === null
          ? null
          : html`<div class="region">
              <img src=${dataUrl(region)} alt=${`What the crop of frame ${frame} shows`} />
            </div>`
      }
    </figure>
  `;
}

function answer(
  { rollout: { answer: said, turns }, answers, correct }: ShownRollout['graded'],
  index: number,
): Markup {
  const last = turns.at(-1);
  return html`
    <li class=${`answer ${correct ? 'right' : 'wrong'}`}>
      <h4>
        <span>${last?.action?.tool === 'answer' ? index : index + 1}</span> answer
        ${last === undefined ? null : sureness(last)}
      </h4>
      ${last?.action?.tool === 'answer' && last.thought !== null ? html`<blockquote>${last.thought}</blockquote>` : null}
      <dl>
        <div>
          <dt>Policy</dt>
          <dd>${said === null ? html`<em>no answer</em>` : said}</dd>
        </div>
        <div>
          <dt>Truth</dt>
          <dd>${answers.join(' or ')}</dd>
        </div>
      </dl>
      <p class="outcome">${correct ? '✓ right' : '✗ wrong'}</p>
    </li>
  `;
}

function actionWords({ action }: Turn): string {
  if (action === null) return 'unreadable message';
  switch (action.tool) {
    case 'clip':
      return `clip ${action.targetFrames.length === 1 ? 'frame' : 'frames'} ${action.targetFrames.join(', ')}`;
    case 'crop':
      return `crop frame ${action.targetFrame}`;
    case 'answer':
      return 'answer';
    default:
      return action satisfies never;
  }
}

/** The probability that the policy gave to this whole message: the product over its own tokens. */
function sureness({ logProbs, mask }: Turn): Markup | null {
  const own = logProbs.filter((_, index) => mask[index] === 1);
  if (own.length === 0) return null;
  const probability = Math.exp(own.reduce((sum, value) => sum + value, 0));
  return html`<small title="probability that the policy gave to this whole message"
    >p ${percent(probability)}</small
  >`;
}

function boxStyle([x1, y1, x2, y2]: Box01): string {
  const side = (value: number): string => `${(value * 100).toFixed(2)}%`;
  return `left:${side(x1)};top:${side(y1)};width:${side(x2 - x1)};height:${side(y2 - y1)}`;
}
