import type { SKRSContext2D } from '@napi-rs/canvas';
import type { Pen } from './pen.js';
import type { Rgb } from './colour.js';
import { BLACK, css, mix, WHITE } from './colour.js';

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

/** A filled rectangle with round corners; from `colour` at its top to `to` at its bottom. */
export function plate(ctx: SKRSContext2D, rect: Rect, colour: Rgb, radius = 0, to: Rgb = colour): void {
  ctx.fillStyle = to === colour ? css(colour) : slope(ctx, rect, colour, to);
  ctx.beginPath();
  ctx.roundRect(rect.x, rect.y, rect.w, rect.h, radius);
  ctx.fill();
}

/** As `plate`, with a soft shadow below. */
export function raised(pen: Pen, rect: Rect, colour: Rgb, radius = 0, to: Rgb = colour, depth = 2.5): void {
  const { ctx } = pen;
  ctx.shadowColor = 'rgba(0, 0, 0, 0.45)';
  ctx.shadowBlur = depth * 2 * pen.scale;
  ctx.shadowOffsetX = depth * 0.35 * pen.scale;
  ctx.shadowOffsetY = depth * 0.7 * pen.scale;
  plate(ctx, rect, colour, radius, to);
  ctx.shadowColor = 'transparent';
  ctx.shadowBlur = 0;
  ctx.shadowOffsetX = 0;
  ctx.shadowOffsetY = 0;
}

function slope(
  ctx: SKRSContext2D,
  rect: Rect,
  from: Rgb,
  to: Rgb,
): ReturnType<SKRSContext2D['createLinearGradient']> {
  const gradient = ctx.createLinearGradient(rect.x, rect.y, rect.x, rect.y + rect.h);
  gradient.addColorStop(0, css(from));
  gradient.addColorStop(1, css(to));
  return gradient;
}

export function line(
  ctx: SKRSContext2D,
  points: readonly (readonly [number, number])[],
  colour: string,
  width: number,
): void {
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.beginPath();
  for (const [at, [x, y]] of points.entries()) {
    if (at === 0) ctx.moveTo(x, y);
    else ctx.lineTo(x, y);
  }
  ctx.stroke();
}

export function disc(ctx: SKRSContext2D, x: number, y: number, radius: number, colour: string): void {
  ctx.fillStyle = colour;
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.fill();
}

export function star(ctx: SKRSContext2D, x: number, y: number, radius: number, colour: string): void {
  ctx.fillStyle = colour;
  ctx.beginPath();
  for (let point = 0; point < 10; point++) {
    const reach = point % 2 === 0 ? radius : radius * 0.42;
    ctx.lineTo(x + Math.sin((point * Math.PI) / 5) * reach, y - Math.cos((point * Math.PI) / 5) * reach);
  }
  ctx.fill();
}

/** The whole sheet, its rim too. */
export function whole(pen: Pen): Rect {
  return { x: -pen.rim, y: -pen.rim, w: pen.width + 2 * pen.rim, h: pen.height + 2 * pen.rim };
}

/** A plastered wall: a soft slope of light, and a few broad strokes. */
export function wall(pen: Pen, colour: Rgb): void {
  const all = whole(pen);
  plate(pen.ctx, all, mix(colour, WHITE, 0.12), 0, mix(colour, BLACK, 0.18));
  for (let n = 0; n < 10; n++) {
    const [x, y] = [pen.random.int(-20, pen.width + 20), pen.random.int(-10, pen.height + 10)];
    pen.ctx.fillStyle = css(pen.random.float() < 0.5 ? WHITE : BLACK, 0.025);
    pen.ctx.beginPath();
    pen.ctx.ellipse(x, y, pen.random.int(20, 70), pen.random.int(8, 30), pen.random.float() * 3, 0, 7);
    pen.ctx.fill();
  }
}

/** Planks with their grain, lying (`across`) or standing. */
export function wood(pen: Pen, colour: Rgb, across: boolean): void {
  const { ctx, random } = pen;
  const all = whole(pen);
  plate(ctx, all, colour);
  const broad = random.int(24, 38);
  const [length, reach] = across ? [all.h, all.w] : [all.w, all.h];
  for (let at = 0; at < length; at += broad) {
    const shade = mix(colour, random.float() < 0.5 ? BLACK : WHITE, random.float() * 0.1);
    const board = across
      ? { x: all.x, y: all.y + at, w: all.w, h: broad - 0.7 }
      : { x: all.x + at, y: all.y, w: broad - 0.7, h: all.h };
    plate(ctx, { ...board, w: board.w + 0.7, h: board.h + 0.7 }, mix(colour, BLACK, 0.45));
    plate(ctx, board, shade);
    for (let grain = 0; grain < 4; grain++) {
      const off = at + random.float() * broad;
      const bend = random.float() * 3 - 1.5;
      const points = [0, 0.3, 0.6, 1].map((share): readonly [number, number] => {
        const way = share * reach;
        const side = off + Math.sin(share * 7 + grain) * bend;
        return across ? [all.x + way, all.y + side] : [all.x + side, all.y + way];
      });
      line(ctx, points, css(mix(shade, BLACK, 0.25), 0.5), 0.5);
    }
  }
}

/** Lights out of focus. */
export function bokeh(pen: Pen, colours: readonly Rgb[], count: number): void {
  const all = whole(pen);
  for (let n = 0; n < count; n++) {
    const x = all.x + pen.random.float() * all.w;
    const y = all.y + pen.random.float() * all.h;
    disc(
      pen.ctx,
      x,
      y,
      pen.random.int(3, 13),
      css(pen.random.pick(colours), 0.1 + pen.random.float() * 0.12),
    );
  }
}
