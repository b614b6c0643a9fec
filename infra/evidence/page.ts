import { renderToString } from 'preact-render-to-string';
import type { VNode } from 'preact';
import { clockTime, videoText } from '../../domain/conversation/sentences.js';
import type {
  ConversationRecord,
  ConversationTurn,
  PictureFile,
  ShownPicture,
} from '../../domain/conversation/records.js';
import type { Box01 } from '../../domain/world/records.js';
import { html, rawMarkup, type Markup } from '../report/html/html.js';
import { STYLE } from '../report/html/style.js';
import { EVIDENCE_STYLE } from './style.js';
import { spending } from './spending.js';

/** Reads the bytes of a picture that a conversation shows. */
export type ReadPicture = (shown: PictureFile) => Promise<Uint8Array>;

/**
 * What was looked at, and why, as one self-contained HTML file: pictures as data URLs, no script, and a content
 * security policy under which the page can load nothing. What models wrote is text, and is escaped.
 */
export async function evidencePage(
  records: readonly ConversationRecord[],
  read: ReadPicture,
): Promise<string> {
  const pictures = await picturesOf(records, read);
  const title = records.length === 1 ? records[0]!.question.question : `${records.length} questions`;
  const page = html`
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content=${POLICY} />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title} · Ruminate</title>
        <style ...${rawMarkup(STYLE + EVIDENCE_STYLE)}></style>
      </head>
      <body>
        <header class="top">
          <p class="kicker">Ruminate · evidence</p>
          <h1 dir="auto">${title}</h1>
          ${records.length === 1 ? null : html`<p class="note">Each with every look that was taken.</p>`}
        </header>
        <main>
          <div class="rollouts">
            ${records.map((record, i) => conversation(record, i, records.length > 1, pictures))}
          </div>
        </main>
      </body>
    </html>
  `;
  return `<!doctype html>\n${renderToString(page as VNode)}\n`;
}

const POLICY = `default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'`;

type Pictures = ReadonlyMap<string, string>;

/** Data URLs by content; a picture that is shown twice is read once. */
async function picturesOf(records: readonly ConversationRecord[], read: ReadPicture): Promise<Pictures> {
  const urls = new Map<string, string>();
  for (const { overview, turns } of records) {
    const looks = turns.flatMap(({ looked }) => (looked?.kind === 'looks' ? looked.pictures : []));
    const originals = looks.flatMap(({ original }) => (original ? [original.frame, original.region] : []));
    for (const picture of [...overview, ...looks, ...originals]) {
      if (picture === null) continue;
      if (urls.has(picture.ref.sha256)) continue;
      const bytes = Buffer.from(await read(picture));
      urls.set(picture.ref.sha256, `data:${picture.mime};base64,${bytes.toString('base64')}`);
    }
  }
  return urls;
}

function conversation(
  record: ConversationRecord,
  index: number,
  titled: boolean,
  pictures: Pictures,
): Markup {
  const { question, video, overview, turns, graded } = record;
  const id = `question-${index}`;
  return html`
    <article aria-labelledby=${titled ? id : undefined}>
      <header>
        ${titled ? html`<h3 id=${id} dir="auto">${question.question}</h3>` : null}
        ${
          question.options === undefined
            ? null
            : html`<ol class="options">
                ${question.options.map((option) => html`<li dir="auto">${option}</li>`)}
              </ol>`
        }
        <p class="tags">
          ${
            graded === null
              ? null
              : html`<span class=${`badge ${graded.correct ? 'right' : 'wrong'}`}
                  >${graded.correct ? '✓ right' : '✗ wrong'}</span
                >`
          }
          <span class="file">${question.video}</span>
          ${video.frames > 0 ? html`<span class="tag">${videoText(video)}</span>` : null}
        </p>
      </header>
      ${answer(record)}
      ${
        overview.length === 0
          ? null
          : html`
              <h4>What it saw at first: ${overview.length} of ${video.frames} frames${each(overview)}</h4>
              <div class="overview">${overview.map((picture) => thumb(picture, pictures))}</div>
            `
      }
      <ol class="looks">
        ${turns.map((turn, at) => shownTurn(turn, at, overview, pictures))}
      </ol>
      ${spending(record)}
    </article>
  `;
}

function each([first]: readonly ShownPicture[]): string {
  return first === undefined ? '' : `, each ${first.widthPx}×${first.heightPx} pixels`;
}

function answer({ answer: said, failure, question, graded }: ConversationRecord): Markup {
  const outcome = graded === null ? '' : graded.correct ? 'right' : 'wrong';
  return html`
    <div class=${`answer ${outcome}`}>
      <dl>
        <div>
          <dt>Answer</dt>
          <dd dir="auto">${said === null ? html`<em>none: ${failure ?? ''}</em>` : said}</dd>
        </div>
        ${
          question.answers.length === 0
            ? null
            : html`<div>
                <dt>Truth</dt>
                <dd dir="auto">${question.answers.join(' or ')}</dd>
              </div>`
        }
      </dl>
    </div>
  `;
}

/** Narrower pictures are shown pixel for pixel: what is smoothed looks as if there were more to see. */
const SMALL_PX = 56;

function thumb(picture: ShownPicture, pictures: Pictures): Markup {
  const name = `Frame ${picture.frame}, at ${clockTime(picture.sec)}`;
  return html`<figure>
    <img
      class=${picture.widthPx < SMALL_PX ? 'coarse' : ''}
      src=${urlOf(picture, pictures)}
      alt=${name}
      loading="lazy"
    />
    <figcaption>${picture.frame} · ${clockTime(picture.sec)}</figcaption>
  </figure>`;
}

function shownTurn(
  { spoken, looked }: ConversationTurn,
  at: number,
  overview: readonly ShownPicture[],
  pictures: Pictures,
): Markup {
  const { action, thought, failure } = spoken;
  const what = action === null ? 'unreadable message' : action.tool === 'answer' ? 'answer' : action.tool;
  const refused = looked?.kind === 'refused' ? looked.reason : (failure ?? null);
  return html`
    <li>
      <h4>
        <span>${at + 1}</span> ${what}
        ${action?.tool === 'answer' ? html`<q dir="auto">${action.text}</q>` : null}
        <small>${told(spoken)}</small>
      </h4>
      ${thought === null || thought === '' ? null : html`<blockquote dir="auto">${thought}</blockquote>`}
      ${refused === null ? null : html`<p class="refused">Refused: ${refused}</p>`}
      ${action === null && spoken.text !== '' ? html`<pre dir="auto">${spoken.text.slice(0, 2000)}</pre>` : null}
      ${looked?.kind === 'looks' ? looked.pictures.map((picture) => look(picture, overview, pictures)) : null}
    </li>
  `;
}

/** A crop beside its place in the frame, or in the nearest that is at hand; and the original of what was seen smaller. */
function look(picture: ShownPicture, overview: readonly ShownPicture[], pictures: Pictures): Markup {
  const { frame, sec, box01, native, original } = picture;
  const near = box01 === null || original !== undefined ? undefined : nearest(overview, frame);
  const whole = original?.frame ?? near;
  const caption = `Frame ${frame} · ${clockTime(sec)} · ${native.widthPx}×${native.heightPx} pixels of the video`;
  const place = box01 === null ? caption : `Where the crop is, on frame ${near?.frame ?? frame}`;
  return html`
    <figure class=${whole === undefined ? 'look whole' : 'look'}>
      ${
        whole === undefined
          ? null
          : html`<div class="frame">
              <img src=${urlOf(whole, pictures)} alt=${place} />
              ${box01 === null ? null : html`<i class="box" style=${boxStyle(box01)}></i>`}
            </div>`
      }
      <div class=${whole === undefined ? 'frame' : 'region'}>
        ${
          original?.region == null
            ? null
            : html`<img src=${urlOf(original.region, pictures)} alt=${caption} /> <small>in the video</small>`
        }
        <img
          class=${original === undefined ? '' : 'coarse'}
          src=${urlOf(picture, pictures)}
          alt=${original === undefined ? caption : `What the policy saw of frame ${frame}`}
        />
        ${original === undefined ? null : html`<small>${seenAs(picture)}</small>`}
      </div>
      <figcaption>
        ${caption}${near !== undefined && near.frame !== frame ? ` (box drawn on frame ${near.frame})` : ''}
      </figcaption>
    </figure>
  `;
}

function seenAs({ widthPx, heightPx }: ShownPicture): string {
  return `as the policy saw it: ${widthPx}×${heightPx} grey pixels`;
}

function urlOf({ ref }: PictureFile, pictures: Pictures): string | undefined {
  return pictures.get(ref.sha256);
}

function nearest(overview: readonly ShownPicture[], frame: number): ShownPicture | undefined {
  return overview.reduce<ShownPicture | undefined>(
    (best, one) =>
      best === undefined || Math.abs(one.frame - frame) < Math.abs(best.frame - frame) ? one : best,
    undefined,
  );
}

function told(spoken: ConversationTurn['spoken']): string {
  const parts = [spoken.final ? 'had to answer' : '', sureness(spoken), seconds(spoken)];
  return parts.filter((part) => part !== '').join(' · ');
}

/** The probability that the model gave to its whole message, where the server said. */
function sureness({ logProbs }: ConversationTurn['spoken']): string {
  if (logProbs === null) return '';
  const p = Math.exp(logProbs.reduce((sum, { logProb }) => sum + logProb, 0));
  return `p ${p < 0.001 ? '< 0.001' : p.toFixed(3)}`;
}

function seconds({ timeMs }: ConversationTurn['spoken']): string {
  return timeMs === null ? '' : `${(timeMs / 1000).toFixed(1)} s`;
}

function boxStyle([x1, y1, x2, y2]: Box01): string {
  const side = (value: number): string => `${(value * 100).toFixed(2)}%`;
  return `left:${side(x1)};top:${side(y1)};width:${side(x2 - x1)};height:${side(y2 - y1)}`;
}
