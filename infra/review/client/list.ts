/// <reference lib="dom" />
import { html } from 'htm/preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { VNode } from 'preact';
import type { ReviewItem } from '../records.js';

/** As the style sheet has it. */
const ROW_PX = 82;
/** Rows that are there above and below what can be seen. */
const SPARE = 6;

export const MARKS = { accepted: '✓', rejected: '✗', mended: '✎' } as const;

/** The trajectories of a filter: only those rows exist that can be seen, however many there are. */
export function List({
  items,
  visible,
  current,
  onChoose,
}: {
  items: readonly ReviewItem[];
  /** Indices into `items`. */
  visible: readonly number[];
  current: number;
  onChoose: (item: number) => void;
}): VNode {
  const scroller = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState({ from: 0, to: 30 });
  const place = visible.indexOf(current);

  const look = (): void => {
    const { scrollTop, clientHeight } = scroller.current!;
    const from = Math.max(0, Math.floor(scrollTop / ROW_PX) - SPARE);
    setSeen({ from, to: Math.ceil((scrollTop + clientHeight) / ROW_PX) + SPARE });
  };
  useEffect(() => {
    // Also when the list comes to be shown at all.
    const observer = new ResizeObserver(look);
    observer.observe(scroller.current!);
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    const box = scroller.current;
    if (box === null || place < 0) return;
    const top = place * ROW_PX;
    if (top < box.scrollTop) box.scrollTop = top;
    if (top + ROW_PX > box.scrollTop + box.clientHeight) box.scrollTop = top + ROW_PX - box.clientHeight;
    look();
  }, [place, visible.length]);

  return html`
    <div class="list" ref=${scroller} onScroll=${look}>
      ${visible.length === 0 && html`<p class="note">No trajectory here.</p>`}
      <ul role="listbox" aria-label="Trajectories" style=${{ height: `${visible.length * ROW_PX}px` }}>
        ${visible
          .slice(seen.from, seen.to)
          .map((index, at) =>
            row(items[index]!, index, seen.from + at, visible.length, index === current, onChoose),
          )}
      </ul>
    </div>
  `;
}

function row(
  { record, origin, decision }: ReviewItem,
  index: number,
  place: number,
  count: number,
  isCurrent: boolean,
  onChoose: (item: number) => void,
): VNode {
  const state = decision?.decision ?? (origin === 'rejected' ? 'refused' : 'open');
  return html`
    <li
      key=${record.id}
      role="option"
      aria-selected=${isCurrent}
      aria-setsize=${count}
      aria-posinset=${place + 1}
      class=${state}
      style=${{ top: `${place * ROW_PX}px` }}
      onClick=${() => onChoose(index)}
    >
      <i aria-hidden="true"
        >${decision === null ? (origin === 'rejected' ? '!' : '') : MARKS[decision.decision]}</i
      >
      <span>
        <b dir="auto">${record.question}</b>
        <small
          ><bdi>${record.answers.join(' or ')}</bdi
          >${state === 'open' ? '' : ` · ${state === 'refused' ? 'failed checks' : state}`}</small
        >
      </span>
    </li>
  `;
}
