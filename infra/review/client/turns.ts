/// <reference lib="dom" />
import { html } from 'htm/preact';
import { useEffect, useState } from 'preact/hooks';
import type { VNode } from 'preact';
import type { TrajectoryRecord, TrajectoryTurn } from '../../../domain/data/records.js';
import type { CropCall, ClipCall } from '../../../domain/tools/contract.js';
import { BoxEditor } from './box.js';
import { framesIn, withTurn } from './edit.js';
import { BoxMark, CropPicture, Frame, type Shown } from './looks.js';
import { actionWords } from './shapes.js';

/** How long a box must rest before its native pixels are asked for. */
const REST_MS = 120;

export type Mend = (change: (draft: TrajectoryRecord) => TrajectoryRecord) => void;

/** One turn: its thought and what it shows. With `mend` it can be changed. */
export function Turn({
  shown,
  turn,
  at,
  mend,
}: {
  shown: Shown;
  turn: TrajectoryTurn;
  at: number;
  mend: Mend | null;
}): VNode {
  const { action } = turn;
  const change =
    mend === null
      ? null
      : (part: Parameters<typeof withTurn>[2]): void => mend((draft) => withTurn(draft, at, part));
  return html`
    <li class=${`turn ${action.tool}`} aria-label=${`Turn ${at + 1}: ${actionWords(turn)}`}>
      <h3><span aria-hidden="true">${at + 1}</span> ${actionWords(turn)}</h3>
      <${Thought}
        text=${turn.thought}
        at=${at}
        onText=${change && ((thought: string) => change({ thought }))}
      />
      ${action.tool === 'crop' && html`<${Crop} shown=${shown} at=${at} turn=${turn} action=${action} change=${change} />`}
      ${action.tool === 'clip' && html`<${Clip} shown=${shown} at=${at} turn=${turn} action=${action} change=${change} />`}
      ${
        action.tool === 'answer' &&
        (change === null
          ? html`<p class="said" dir="auto">${action.text === '' ? html`<em>empty</em>` : action.text}</p>`
          : html`<label class="field"
              >Answer
              <input
                type="text"
                dir="auto"
                value=${action.text}
                onInput=${(event: InputEvent) => change({ action: { tool: 'answer', text: valueOf(event) } })}
              />
            </label>`)
      }
    </li>
  `;
}

function Thought({
  text,
  at,
  onText,
}: {
  text: string;
  at: number;
  onText: ((text: string) => void) | null;
}): VNode | null {
  if (onText !== null)
    return html`<label class="field"
      >Thought
      <textarea
        rows="2"
        dir="auto"
        data-turn=${at}
        value=${text}
        onInput=${(event: InputEvent) => onText(valueOf(event))}
      ></textarea>
    </label>`;
  return text === '' ? null : html`<blockquote dir="auto">${text}</blockquote>`;
}

type Change = ((part: Partial<Pick<TrajectoryTurn, 'thought' | 'action'>>) => void) | null;

function Crop({
  shown,
  at,
  turn,
  action,
  change,
}: {
  shown: Shown;
  at: number;
  turn: TrajectoryTurn;
  action: CropCall;
  change: Change;
}): VNode {
  const { targetFrame, bbox01 } = action;
  const rested = useRested(action);
  const last = shown.facts?.frames ?? targetFrame;
  const step = (by: number): void => {
    const next = targetFrame + by;
    if (next >= 1 && next <= last && shown.source.frame(shown.item, next) !== null)
      change?.({ action: { ...action, targetFrame: next } });
  };
  return html`
    <div class="look">
      <div>
        <${Frame} shown=${shown} frame=${targetFrame}>
          ${
            change === null
              ? html`<${BoxMark} box=${bbox01} />`
              : html`<${BoxEditor}
                  box=${bbox01}
                  label=${`Box of turn ${at + 1}`}
                  onBox=${(box: CropCall['bbox01']) => change({ action: { ...action, bbox01: box } })}
                  onFrame=${step}
                />`
          }
        <//>
        ${
          change !== null &&
          html`<p class="stepper">
            <button type="button" onClick=${() => step(-1)} aria-label="Frame before"><kbd>[</kbd></button>
            <span>frame ${targetFrame} of ${last}</span>
            <button type="button" onClick=${() => step(1)} aria-label="Frame after"><kbd>]</kbd></button>
          </p>`
        }
      </div>
      <div>
        <${CropPicture} shown=${shown} turn=${at} frame=${rested.targetFrame} box=${rested.bbox01} />
        <${Reads} turn=${turn} />
      </div>
    </div>
  `;
}

function Clip({
  shown,
  turn,
  action,
  change,
}: {
  shown: Shown;
  turn: TrajectoryTurn;
  action: ClipCall;
  change: Change;
}): VNode {
  const [text, setText] = useState(action.targetFrames.join(', '));
  const type = (event: InputEvent): void => {
    const typed = valueOf(event);
    setText(typed);
    const frames = framesIn(typed);
    if (frames !== null) change?.({ action: { tool: 'clip', targetFrames: frames } });
  };
  return html`
    ${
      change !== null &&
      html`<label class="field narrow"
        >Frames${shown.facts === null ? '' : `, 1 to ${shown.facts.frames}`}
        <input
          type="text"
          inputmode="numeric"
          value=${text}
          aria-invalid=${framesIn(text) === null}
          onInput=${type}
        />
      </label>`
    }
    <div class="clip-frames">
      ${action.targetFrames.map(
        (frame, index) => html`
          <figure key=${`${index}-${frame}`}>
            <${Frame} shown=${shown} frame=${frame}>
              ${(turn.reads ?? []).map(
                ({ frame: on, box01 }) =>
                  on === frame && box01 !== null && html`<${BoxMark} box=${box01} faint />`,
              )}
            <//>
            <figcaption>frame ${frame}</figcaption>
          </figure>
        `,
      )}
    </div>
    <${Reads} turn=${turn} />
  `;
}

function Reads({ turn: { reads = [] } }: { turn: TrajectoryTurn }): VNode | null {
  if (reads.length === 0) return null;
  return html`
    <ul class="reads" aria-label="Text that was read here">
      ${reads.map(({ text, frame }) => html`<li><bdi>${text}</bdi> <small>frame ${frame}</small></li>`)}
    </ul>
  `;
}

/** The value, once it has not changed for a moment. */
function useRested<T>(value: T): T {
  const [rested, setRested] = useState(value);
  useEffect(() => {
    if (value === rested) return undefined;
    const timer = setTimeout(() => setRested(value), REST_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return rested;
}

function valueOf(event: Event): string {
  return (event.currentTarget as HTMLInputElement | HTMLTextAreaElement).value;
}
