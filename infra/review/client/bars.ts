/// <reference lib="dom" />
import { html } from 'htm/preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ComponentChildren, VNode } from 'preact';
import type { ReviewItem } from '../records.js';
import { FILTERS, REASONS, type Filter } from './shapes.js';

/** How far the whole is, however it is filtered. */
export function Progress({ items }: { items: readonly ReviewItem[] }): VNode {
  const count = (decision: string): number =>
    items.filter((item) => item.decision?.decision === decision).length;
  const parts = (['accepted', 'mended', 'rejected'] as const).map((name) => [name, count(name)] as const);
  const done = parts.reduce((sum, [, n]) => sum + n, 0);
  return html`
    <div class="progress">
      <div
        class="bar"
        role="progressbar"
        aria-label="Decided"
        aria-valuemin="0"
        aria-valuemax=${items.length}
        aria-valuenow=${done}
      >
        ${parts.map(([name, n]) => html`<i class=${name} style=${{ flexGrow: n }}></i>`)}
        <i style=${{ flexGrow: items.length - done }}></i>
      </div>
      <p>
        <b>${`${done} of ${items.length}`}</b>
        ${` decided${
          done === 0
            ? ''
            : ` · ${parts
                .filter(([, n]) => n > 0)
                .map(([name, n]) => `${n} ${name}`)
                .join(', ')}`
        }`}
      </p>
    </div>
  `;
}

export function Filters({
  items,
  filter,
  onFilter,
  search,
  onSearch,
}: {
  items: readonly ReviewItem[];
  filter: Filter;
  onFilter: (filter: Filter) => void;
  search: string;
  onSearch: (search: string) => void;
}): VNode {
  const shown = FILTERS.filter(
    ([name]) => name !== 'refused' || items.some(({ origin }) => origin === 'rejected'),
  );
  return html`
    <div class="filters">
      <label class="field">
        <span class="hidden">Filter</span>
        <select
          id="filter"
          value=${filter}
          onChange=${(event: Event) => onFilter((event.currentTarget as HTMLSelectElement).value as Filter)}
        >
          ${shown.map(([name, words]) => html`<option value=${name} selected=${name === filter}>${words}</option>`)}
        </select>
      </label>
      <label class="field">
        <span class="hidden">Search</span>
        <input
          id="search"
          type="search"
          placeholder="Search  /"
          value=${search}
          onInput=${(event: InputEvent) => onSearch((event.currentTarget as HTMLInputElement).value)}
        />
      </label>
    </div>
  `;
}

/** A button and the key that does the same. */
export function Key({
  name,
  onPress,
  kind,
  disabled,
  children,
}: {
  name: string;
  onPress: () => void;
  kind?: string;
  disabled?: boolean;
  children?: ComponentChildren;
}): VNode {
  return html`<button
    type="button"
    class=${kind}
    disabled=${disabled}
    onClick=${onPress}
    aria-keyshortcuts=${name}
  >
    ${children}<kbd aria-hidden="true">${name}</kbd>
  </button>`;
}

/** Why: a number key decides at once, text waits for Enter. */
export function RejectPanel({
  onReject,
  onCancel,
}: {
  onReject: (why: string) => void;
  onCancel: () => void;
}): VNode {
  const [text, setText] = useState('');
  const first = useRef<HTMLFormElement>(null);
  useLayoutEffect(() => first.current?.focus(), []);
  const submit = (event: Event): void => {
    event.preventDefault();
    onReject(text.trim());
  };
  return html`
    <form
      class="panel"
      role="dialog"
      aria-label="Why is it rejected?"
      tabindex="-1"
      ref=${first}
      onSubmit=${submit}
    >
      <h2>Why is it rejected?</h2>
      <ol>
        ${REASONS.map(
          (reason, at) =>
            html`<li><${Key} name=${String(at + 1)} onPress=${() => onReject(reason)}>${reason}<//></li>`,
        )}
      </ol>
      <div class="row">
        <label class="field"
          >Another reason, or none
          <input
            type="text"
            maxlength="2000"
            value=${text}
            onInput=${(event: InputEvent) => setText((event.currentTarget as HTMLInputElement).value)}
          />
        </label>
        <button type="submit" class="rejected">Reject<kbd aria-hidden="true">Enter</kbd></button>
        <${Key} name="Esc" onPress=${onCancel}>Cancel<//>
      </div>
    </form>
  `;
}

const HELP = [
  ['a', 'accept'],
  ['r', 'reject, then a number for the reason'],
  ['m', 'mend: boxes, frames, thoughts, the answer'],
  ['u', 'undo what was decided last'],
  ['j  k  ↓  ↑', 'next, previous'],
  ['/', 'search'],
  ['f', 'choose what the list shows'],
  ['?', 'this help'],
] as const;
const MEND_HELP = [
  ['Tab', 'to the next box or field'],
  ['← → ↑ ↓', 'move the box; with Shift its lower right corner; with Alt in finer steps'],
  ['[  ]', 'the frame before, the frame after'],
  ['Ctrl Enter', 'save as mended'],
  ['Esc', 'leave everything as it was'],
] as const;

export function Help({ onClose }: { onClose: () => void }): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => dialog.current?.showModal(), []);
  const keys = (rows: readonly (readonly [string, string])[]): VNode =>
    html`<dl>
      ${rows.map(
        ([key, words]) =>
          html`<div>
            <dt><kbd>${key}</kbd></dt>
            <dd>${words}</dd>
          </div>`,
      )}
    </dl>`;
  return html`
    <dialog ref=${dialog} aria-labelledby="help-title" onClose=${onClose}>
      <h2 id="help-title">Keys</h2>
      ${keys(HELP)}
      <h3>While mending</h3>
      ${keys(MEND_HELP)}
      <form method="dialog">
        <button type="submit">Close<kbd aria-hidden="true">Esc</kbd></button>
      </form>
    </dialog>
  `;
}
