import type { Canvas, SKRSContext2D } from '@napi-rs/canvas';
import { createCanvas } from '@napi-rs/canvas';
import type { Box01, TruthItem, TruthScene } from '../../domain/world/records.js';
import type { PointPx, RectPx, Row, Scene } from '../../domain/world/scene.js';
import {
  HEIGHT_PX,
  PLATE_MARGIN_X_PX,
  PLATE_MARGIN_Y_PX,
  TEXT_WIDTH_PX,
  WIDTH_PX,
} from '../../domain/world/scene.js';
import { drawBackdrop } from './backdrop.js';
import { canvasFont } from './fonts.js';
import { drawFurniture } from './furniture.js';
import { css, disc, drawMark, fillRect } from './shapes.js';

/** The picture is drawn this much larger on each side, so that a pan never shows an edge. */
export const RIM_PX = 4;
const DOT_RADIUS_PX = 5;

export interface DrawnScene {
  /** RGBA, `(WIDTH_PX + 2·RIM_PX) × (HEIGHT_PX + 2·RIM_PX)`, row-major. */
  readonly rgba: Uint8Array;
  readonly truth: TruthScene;
}

/** Draws one scene and says where everything is, as seen in the scene's first encoded frame. */
export function drawScene(scene: Scene, frame: number): DrawnScene {
  const canvas = sharedCanvas();
  const ctx = canvas.getContext('2d');
  ctx.setTransform(1, 0, 0, 1, RIM_PX, RIM_PX);
  const { layout, look } = scene;
  const texts = scene.texts.map((text, index) => placeText(ctx, scene, text, layout.rows[index]));
  drawBackdrop(ctx, look.backdrop, RIM_PX);
  drawFurniture(
    ctx,
    scene,
    texts.map((text) => text.plate),
  );
  const items = texts.map((text, index): TruthItem => {
    fillRect(ctx, text.plate, css(look.plate), 3);
    ctx.font = text.font;
    ctx.fillStyle = css(look.ink);
    ctx.fillText(text.text, text.origin.x, text.origin.y);
    const mark = scene.marks[index] ?? null;
    const markAt = layout.rows[index]?.markAt ?? null;
    if (mark !== null && markAt !== null) drawMark(ctx, mark, markAt, css(look.accent));
    return {
      text: text.text,
      box01: box01(text.tight),
      mark,
      markBox01: markAt === null ? null : box01(markAt),
    };
  });
  const symbol = drawSymbol(ctx, scene);
  const dots = drawDots(ctx, scene);
  return {
    rgba: Uint8Array.from(canvas.data()),
    truth: { frame, kind: layout.kind, items, symbol, dots },
  };
}

interface PlacedText {
  readonly text: string;
  readonly font: string;
  /** Where the pen starts, on the base line. */
  readonly origin: PointPx;
  readonly tight: RectPx;
  readonly plate: RectPx;
}

/** Sizes a text to at most `TEXT_WIDTH_PX`, and puts its plate into the row's slot. */
function placeText(ctx: SKRSContext2D, { layout }: Scene, text: string, row: Row | undefined): PlacedText {
  if (row === undefined) throw new Error(`a ${layout.kind} has no row for the text ${text}`);
  let font = canvasFont(layout.font, layout.font.capPx);
  let ink = measure(ctx, font, text);
  if (ink.w > TEXT_WIDTH_PX) {
    font = canvasFont(layout.font, (layout.font.capPx * TEXT_WIDTH_PX) / ink.w);
    ink = measure(ctx, font, text);
  }
  const { slot, align } = row;
  const plate = {
    x: slot.x + Math.round((slot.w - ink.w - 2 * PLATE_MARGIN_X_PX) * align),
    y: slot.y + Math.round((slot.h - ink.h - 2 * PLATE_MARGIN_Y_PX) / 2),
    w: Math.ceil(ink.w) + 2 * PLATE_MARGIN_X_PX,
    h: Math.ceil(ink.h) + 2 * PLATE_MARGIN_Y_PX,
  };
  const tight = { x: plate.x + PLATE_MARGIN_X_PX, y: plate.y + PLATE_MARGIN_Y_PX, w: ink.w, h: ink.h };
  return { text, font, tight, plate, origin: { x: tight.x + ink.left, y: tight.y + ink.ascent } };
}

function measure(
  ctx: SKRSContext2D,
  font: string,
  text: string,
): { w: number; h: number; left: number; ascent: number } {
  ctx.font = font;
  const ink = ctx.measureText(text);
  return {
    w: ink.actualBoundingBoxLeft + ink.actualBoundingBoxRight,
    h: ink.actualBoundingBoxAscent + ink.actualBoundingBoxDescent,
    left: ink.actualBoundingBoxLeft,
    ascent: ink.actualBoundingBoxAscent,
  };
}

function drawSymbol(ctx: SKRSContext2D, { layout, symbol, look }: Scene): TruthScene['symbol'] {
  if (symbol === null || layout.symbolAt === null) return null;
  drawMark(ctx, symbol, layout.symbolAt, css(look.accent));
  return { name: symbol, box01: box01(layout.symbolAt) };
}

function drawDots(ctx: SKRSContext2D, { dots, look }: Scene): TruthScene['dots'] {
  if (dots.length === 0) return null;
  for (const dot of dots) disc(ctx, dot.x, dot.y, DOT_RADIUS_PX, css(look.accent));
  const left = Math.min(...dots.map((dot) => dot.x)) - DOT_RADIUS_PX;
  const top = Math.min(...dots.map((dot) => dot.y)) - DOT_RADIUS_PX;
  const right = Math.max(...dots.map((dot) => dot.x)) + DOT_RADIUS_PX;
  const bottom = Math.max(...dots.map((dot) => dot.y)) + DOT_RADIUS_PX;
  return { count: dots.length, box01: box01({ x: left, y: top, w: right - left, h: bottom - top }) };
}

/** To four digits, a fortieth of a pixel: files stay readable. */
function box01({ x, y, w, h }: RectPx): Box01 {
  const round = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * 10_000) / 10_000;
  return [round(x / WIDTH_PX), round(y / HEIGHT_PX), round((x + w) / WIDTH_PX), round((y + h) / HEIGHT_PX)];
}

let canvas: Canvas | null = null;

function sharedCanvas(): Canvas {
  canvas ??= createCanvas(WIDTH_PX + 2 * RIM_PX, HEIGHT_PX + 2 * RIM_PX);
  return canvas;
}
