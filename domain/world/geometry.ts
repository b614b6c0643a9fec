import type { RandomStream } from '../seeds.js';
import type { PointPx, RectPx, Row, SceneLayout } from './scene.js';
import { HEIGHT_PX, PLATE_MARGIN_Y_PX, SLOT_WIDTH_PX, WIDTH_PX } from './scene.js';
import type { Kind } from './vocabulary.js';

type Geometry = Pick<SceneLayout, 'body' | 'rows' | 'symbolAt' | 'dotPlaces' | 'mirrored'>;

/**
 * Where things stand, kind by kind. Each kind has a silhouette of its own, so that a 32×18 thumbnail tells
 * them apart, and moves over most of the free area:
 *
 * ```
 *  sign   poster  phone    ticket     slide       board      menu      panel
 *  ┌──┐   ┌────┐  ▛▀▀▀▀▜  ┌──────┬┐  ▀▀▀▀▀▀▀▀   ▛▀▀▀▀▀▀▀▜  █┌─────┐
 *  └┬─┘   │ ★  │  ▌ ── ▐  │  ──  ││  │ ──   │   ▌★ ──  ▐  █│★ ── │ ▄▄▄▄▄▄▄▄▄
 *   │     │ ── │  ▌ ∴∵ ▐  └──────┴┘  │  ──  │   ▌▲ ──  ▐  █│● ── │ █ ── ∴∵ █
 *   │     └────┘  ▙▄▄▄▄▟             └──────┘   ▙▄▄▄▄▄▄▄▟  █└─────┘ ▀▀▀▀▀▀▀▀▀
 * ```
 */
export function drawGeometry(random: RandomStream, kind: Kind, capPx: number): Geometry {
  const slotH = capPx + 2 * PLATE_MARGIN_Y_PX;
  switch (kind) {
    case 'sign':
      return sign(random, slotH);
    case 'poster':
      return poster(random, slotH);
    case 'phone':
      return phone(random, slotH);
    case 'ticket':
      return ticket(random, slotH);
    case 'slide':
      return slide(random, slotH);
    case 'board':
      return board(random, slotH);
    case 'menu':
      return menu(random, slotH);
    case 'panel':
      return panel(random, slotH);
    default:
      return kind satisfies never;
  }
}

function sign(random: RandomStream, slotH: number): Geometry {
  const x = random.int(8, WIDTH_PX - SLOT_WIDTH_PX - 8);
  const slot = { x, y: random.int(9, 78), w: SLOT_WIDTH_PX, h: slotH };
  const body = { x: slot.x - 5, y: slot.y - 5, w: slot.w + 10, h: slot.h + 10 };
  return { ...nothing, body, rows: [row(slot, random.float())] };
}

function poster(random: RandomStream, slotH: number): Geometry {
  const body = place(random, random.int(100, 113), random.int(116, 131));
  const slotY = body.y + body.h - slotH - random.int(8, 25);
  const slot = {
    x: within(random, body.x + 6, body.w - 12, SLOT_WIDTH_PX),
    y: slotY,
    w: SLOT_WIDTH_PX,
    h: slotH,
  };
  const size = random.int(29, 34);
  const symbolAt = {
    x: within(random, body.x + 10, body.w - 20, size),
    y: within(random, body.y + 7, slotY - body.y - 14, size),
    w: size,
    h: size,
  };
  return { ...nothing, body, rows: [row(slot, random.float())], symbolAt };
}

function phone(random: RandomStream, slotH: number): Geometry {
  const body = place(random, random.int(106, 115), random.int(132, 139));
  const screen = { x: body.x + 8, y: body.y + 9, w: body.w - 16, h: body.h - 24 };
  const textBelow = random.float() < 0.5;
  const gap = random.int(3, 8);
  const slotY = textBelow ? screen.y + screen.h - slotH - gap : screen.y + gap;
  const slot = {
    x: within(random, screen.x + 2, screen.w - 4, SLOT_WIDTH_PX),
    y: slotY,
    w: SLOT_WIDTH_PX,
    h: slotH,
  };
  const dotsTop = textBelow ? screen.y + 4 : slotY + slotH + 4;
  const dotsBottom = textBelow ? slotY - 4 : screen.y + screen.h - 4;
  const area = { x: screen.x + 3, y: dotsTop, w: screen.w - 6, h: dotsBottom - dotsTop };
  return {
    ...nothing,
    body,
    rows: [row(slot, random.float())],
    dotPlaces: grid(random, area),
    mirrored: textBelow,
  };
}

function ticket(random: RandomStream, slotH: number): Geometry {
  const body = place(random, random.int(160, 197), random.int(60, 79));
  const mirrored = random.float() < 0.5;
  const stub = 38;
  const left = mirrored ? body.x + stub + 5 : body.x + 8;
  const slot = {
    x: within(random, left, body.w - stub - 13, SLOT_WIDTH_PX),
    y: within(random, body.y + 8, body.h - 16, slotH),
    w: SLOT_WIDTH_PX,
    h: slotH,
  };
  return { ...nothing, body, rows: [row(slot, random.float())], mirrored };
}

function slide(random: RandomStream, slotH: number): Geometry {
  const body = place(random, random.int(208, 237), random.int(122, 135));
  const top = body.y + 26;
  const half = Math.floor((body.h - 30) / 2);
  const rows = [0, 1].map((index) => {
    const y = within(random, top + index * half, half - 4, slotH);
    return row(
      { x: within(random, body.x + 8, body.w - 16, SLOT_WIDTH_PX), y, w: SLOT_WIDTH_PX, h: slotH },
      random.float(),
    );
  });
  return { ...nothing, body, rows };
}

function board(random: RandomStream, slotH: number): Geometry {
  const body = place(random, random.int(168, 205), random.int(134, 141));
  const pitch = Math.floor((body.h - 12) / 3);
  const markSize = random.int(19, 23);
  const rows = [0, 1, 2].map((index) => {
    const top = body.y + 7 + index * pitch;
    const slotY = within(random, top, pitch - 2, slotH);
    const markX = within(random, body.x + 9, body.w - 18 - SLOT_WIDTH_PX - markSize - 7, 0);
    return marked(markX, markSize, slotY, slotH, random.int(7, 11), random.float() * 0.5);
  });
  return { ...nothing, body, rows };
}

function menu(random: RandomStream, slotH: number): Geometry {
  const body = place(random, random.int(166, 185), random.int(110, 133));
  const spine = 34;
  const markSize = random.int(19, 23);
  const half = Math.floor((body.h - 20) / 2);
  const rows = [0, 1].map((index) => {
    const slotY = within(random, body.y + 13 + index * half, half - 2, slotH);
    const markX = body.x + spine + random.int(4, 8);
    return marked(markX, markSize, slotY, slotH, random.int(6, 9), random.float() * 0.6);
  });
  return { ...nothing, body, rows };
}

function panel(random: RandomStream, slotH: number): Geometry {
  const h = random.int(72, 93);
  const body = { x: 0, y: random.int(14, HEIGHT_PX - h - 13), w: WIDTH_PX, h };
  const mirrored = random.float() < 0.5;
  const slot = {
    x: mirrored ? random.int(136, 160) : random.int(10, 36),
    y: within(random, body.y + 16, h - 26, slotH),
    w: SLOT_WIDTH_PX,
    h: slotH,
  };
  const area = { x: mirrored ? 12 : 134, y: body.y + 15, w: 108, h: h - 22 };
  const size = random.int(29, 34);
  const symbolAt = {
    x: within(random, area.x, area.w, size),
    y: within(random, area.y, area.h, size),
    w: size,
    h: size,
  };
  return { body, rows: [row(slot, random.float())], symbolAt, dotPlaces: grid(random, area), mirrored };
}

const nothing = { symbolAt: null, dotPlaces: [], mirrored: false } as const;

function row(slot: RectPx, align: number): Row {
  return { slot, align, markAt: null };
}

function marked(x: number, size: number, slotY: number, slotH: number, gap: number, align: number): Row {
  const markAt = { x, y: slotY + Math.round((slotH - size) / 2), w: size, h: size };
  return { slot: { x: x + size + gap, y: slotY, w: SLOT_WIDTH_PX, h: slotH }, align, markAt };
}

/** A body of the given size, anywhere in the frame but for a rim. */
function place(random: RandomStream, w: number, h: number): RectPx {
  return { x: random.int(3, WIDTH_PX - w - 2), y: random.int(1, HEIGHT_PX - h), w, h };
}

/** Start of a piece of length `size`, anywhere in `[start, start + room)`; centred when it does not fit. */
function within(random: RandomStream, start: number, room: number, size: number): number {
  return room <= size ? start + Math.floor((room - size) / 2) : start + random.int(0, room - size + 1);
}

/** Dot centres 15 px apart, jittered as a whole, that fit into `area` with room for a radius of 5 px. */
function grid(random: RandomStream, area: RectPx): readonly PointPx[] {
  const pitch = 15;
  const columns = Math.max(1, Math.floor((area.w - 10) / pitch) + 1);
  const rows = Math.max(1, Math.floor((area.h - 10) / pitch) + 1);
  const left = within(random, area.x + 5, area.w - 10 + 1, (columns - 1) * pitch + 1);
  const top = within(random, area.y + 5, area.h - 10 + 1, (rows - 1) * pitch + 1);
  const places: PointPx[] = [];
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++) places.push({ x: left + x * pitch, y: top + y * pitch });
  return places;
}
