import type { ScenePlan, TownPlan } from '../../domain/town/plan.js';
import { SHEET_H } from '../../domain/town/plan.js';
import { stream } from '../../domain/seeds.js';
import { blurSheet } from './blur.js';
import type { Darkroom } from './darkroom.js';
import { drawLight } from './light.js';
import type { DrawnText } from './pen.js';
import { Pen } from './pen.js';
import { canvasFor, wordsOf } from './picture.js';
import { doorSign } from './scenes/door-sign.js';
import { productLabel } from './scenes/label.js';
import { newsRoom } from './scenes/news.js';
import { phone } from './scenes/phone.js';
import { priceBoard } from './scenes/price-board.js';
import { receipt } from './scenes/receipt.js';
import { slide } from './scenes/slide.js';
import { street } from './scenes/street.js';
import { timetable } from './scenes/timetable.js';
import { whiteboard } from './scenes/whiteboard.js';
import type { SheetPlanes } from './sheet-planes.js';
import { fillSheet } from './sheet-planes.js';

/** A scene before the camera: more than the frame shows, and somewhat larger. */
export interface Sheet {
  readonly planes: SheetPlanes;
  /** Pixels of the sheet for a pixel of the frame at zoom 1. */
  readonly scale: number;
  readonly texts: readonly DrawnText[];
}

const DRAW: Readonly<Record<ScenePlan['kind'], (pen: Pen) => void>> = {
  'door sign': doorSign,
  'price board': priceBoard,
  slide,
  'news ticker': newsRoom,
  'phone screen': phone,
  timetable,
  receipt,
  'night street': street,
  whiteboard,
  'product label': productLabel,
};

/** Draws a scene, as soft as its best focus is; the planes are the room's, and last until its next sheet. */
export function drawSheet(plan: TownPlan, scene: ScenePlan, room: Darkroom): Sheet {
  const { widthPx, heightPx, zoomPct, contrast, shadePct, blurPct } = plan.knobs;
  const framePx = heightPx / SHEET_H;
  const width = widthPx / framePx;
  const scale = 1 + zoomPct / 200;
  const rim = rimOf(plan, width);
  const canvas = canvasFor(
    'sheet',
    2 * Math.ceil((width / 2 + rim.x) * framePx * scale),
    2 * Math.ceil((SHEET_H / 2 + rim.y) * framePx * scale),
  );
  const ctx = canvas.getContext('2d');
  const unit = framePx * scale;
  // Centred, because the canvas has whole pixels and the camera counts from the middle.
  ctx.setTransform(
    unit,
    0,
    0,
    unit,
    canvas.width / 2 - (width / 2) * unit,
    canvas.height / 2 - (SHEET_H / 2) * unit,
  );
  const random = stream('town sheet', scene.texture);
  const rimX = canvas.width / 2 / unit - width / 2;
  const rimY = canvas.height / 2 / unit - SHEET_H / 2;
  const pen = new Pen(ctx, scene, width, { x: rimX, y: rimY }, unit, framePx, contrast, random);
  DRAW[scene.kind](pen);
  const light = drawLight(
    random,
    { width, height: SHEET_H, rims: { x: rimX, y: rimY }, scale: unit },
    shadePct / 100,
  );
  const planes = room.sheet(canvas.width, canvas.height);
  fillSheet(planes, wordsOf(canvas), light);
  blurSheet(planes, (blurPct / 100) * heightPx * scale);
  return { planes, scale, texts: pen.texts };
}

/** How far the camera may see beyond the frame at zoom 1, in units: it pans less up and down than sideways, and a tilt lifts the ends of the longer side most. */
function rimOf({ knobs }: TownPlan, width: number): { readonly x: number; readonly y: number } {
  const pan = (knobs.panPct / 100) * width * 0.5;
  const shake = (knobs.shakePct / 100) * SHEET_H * 1.6;
  const tilt = Math.sin((knobs.tiltDeg * 1.3 * Math.PI) / 180);
  return { x: pan + shake + tilt * SHEET_H * 0.5 + 2, y: pan * 0.6 + shake + tilt * width * 0.5 + 2 };
}
