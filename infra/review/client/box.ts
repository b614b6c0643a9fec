/// <reference lib="dom" />
import { html } from 'htm/preact';
import { useRef } from 'preact/hooks';
import type { VNode } from 'preact';
import type { Box01 } from '../../../domain/world/records.js';
import { movedBox, sizedBox, type Grip } from './edit.js';
import { boxStyle } from './looks.js';

const STEP = 0.005;
const FINE_STEP = 0.001;
const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};
const CORNERS: readonly Grip[] = [
  { x: -1, y: -1 },
  { x: 1, y: -1 },
  { x: -1, y: 1 },
  { x: 1, y: 1 },
];

/** A box that is moved and sized by pointer or by keys, over its frame. */
export function BoxEditor({
  box,
  label,
  onBox,
  onFrame,
}: {
  box: Box01;
  label: string;
  onBox: (box: Box01) => void;
  /** Goes that many frames on. */
  onFrame: (by: number) => void;
}): VNode {
  const held = useRef<{ x: number; y: number; box: Box01; grip: Grip | null } | null>(null);

  const down =
    (grip: Grip | null) =>
    (event: PointerEvent): void => {
      event.stopPropagation();
      (event.currentTarget as Element).setPointerCapture(event.pointerId);
      held.current = { x: event.clientX, y: event.clientY, box, grip };
    };
  const move = (event: PointerEvent): void => {
    if (held.current === null) return;
    const { x, y, box: from, grip } = held.current;
    const frame = (event.currentTarget as Element).closest('.frame')!.getBoundingClientRect();
    const [dx, dy] = [(event.clientX - x) / frame.width, (event.clientY - y) / frame.height];
    onBox(grip === null ? movedBox(from, dx, dy) : sizedBox(from, grip, dx, dy));
  };
  const up = (): void => {
    held.current = null;
  };
  const key = (event: KeyboardEvent): void => {
    if (event.key === '[' || event.key === ']') {
      event.preventDefault();
      event.stopPropagation();
      onFrame(event.key === '[' ? -1 : 1);
      return;
    }
    const arrow = ARROWS[event.key];
    if (arrow === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    const step = event.altKey ? FINE_STEP : STEP;
    const [dx, dy] = [arrow[0] * step, arrow[1] * step];
    onBox(event.shiftKey ? sizedBox(box, { x: 1, y: 1 }, dx, dy) : movedBox(box, dx, dy));
  };

  const moves = { onPointerMove: move, onPointerUp: up, onPointerCancel: up };
  return html`
    <div
      class="box editing"
      style=${boxStyle(box)}
      tabindex="0"
      role="group"
      aria-roledescription="box"
      aria-label=${label}
      aria-describedby="box-keys"
      onKeyDown=${key}
      onPointerDown=${down(null)}
      ...${moves}
    >
      ${CORNERS.map(
        (grip) =>
          html`<i
            class=${`grip ${grip.y < 0 ? 'top' : 'bottom'} ${grip.x < 0 ? 'left' : 'right'}`}
            onPointerDown=${down(grip)}
            ...${moves}
          ></i>`,
      )}
    </div>
  `;
}
