import { BLACK, css, hsl, mix, WHITE } from '../colour.js';
import { bokeh, disc, plate, raised, whole } from '../paint.js';
import type { Pen } from '../pen.js';

/** A newsroom: screens, a desk and somebody reading. The graphics (`graphics.ts`) lie over it and do not move with the camera. */
export function newsRoom(pen: Pen): void {
  const { ctx, random } = pen;
  const hue = random.int(190, 260);
  plate(ctx, whole(pen), hsl(hue, 0.55, 0.3), 0, hsl(hue, 0.6, 0.12));
  for (let n = 0; n < 6; n++) {
    const x = -20 + n * 52 + random.int(-8, 9);
    plate(ctx, { x, y: random.int(4, 16), w: random.int(30, 44), h: random.int(20, 32) }, hsl(hue + random.int(-30, 30), 0.5, 0.42), 1.5, hsl(hue, 0.5, 0.24)); // prettier-ignore
  }
  bokeh(pen, [hsl(hue, 0.8, 0.75), hsl(hue + 40, 0.8, 0.7)], 16);
  const x = pen.width * (0.3 + 0.4 * pen.plan.layout.x01);
  reader(pen, x);
  raised(
    pen,
    { x: -pen.rim, y: 112, w: pen.width + 2 * pen.rim, h: 60 },
    hsl(hue, 0.2, 0.5),
    6,
    hsl(hue, 0.3, 0.12),
  );
  plate(
    ctx,
    { x: -pen.rim, y: 115, w: pen.width + 2 * pen.rim, h: 1.2 },
    mix(hsl(hue, 0.9, 0.7), WHITE, 0.4),
  );
}

/** Head, neck, shoulders, jacket. */
function reader(pen: Pen, x: number): void {
  const { ctx, random } = pen;
  const skin = hsl(random.int(16, 34), 0.42, 0.35 + random.float() * 0.4);
  const coat = hsl(random.int(0, 360), 0.35, 0.25);
  ctx.fillStyle = css(coat);
  ctx.beginPath();
  ctx.ellipse(x, 118, 34, 36, 0, 0, 7);
  ctx.fill();
  ctx.fillStyle = css(WHITE);
  ctx.beginPath();
  ctx.moveTo(x - 9, 83);
  ctx.lineTo(x + 9, 83);
  ctx.lineTo(x, 112);
  ctx.fill();
  plate(ctx, { x: x - 6, y: 70, w: 12, h: 17 }, mix(skin, BLACK, 0.15), 5);
  ctx.fillStyle = css(hsl(random.int(15, 40), 0.4, 0.08 + random.float() * 0.3));
  ctx.beginPath();
  ctx.ellipse(x, 52, 18, 20, 0, 0, 7);
  ctx.fill();
  ctx.fillStyle = css(skin);
  ctx.beginPath();
  ctx.ellipse(x, 58, 13.5, 18, 0, 0, 7);
  ctx.fill();
  for (const side of [-5, 5]) disc(ctx, x + side, 56, 1.3, css(hsl(20, 0.4, 0.12)));
  plate(ctx, { x: x - 4, y: 67, w: 8, h: 1.6 }, hsl(350, 0.45, 0.4), 0.8);
}
