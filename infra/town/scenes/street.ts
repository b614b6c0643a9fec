import type { Rgb } from '../colour.js';
import { BLACK, css, hsl, mix, WHITE } from '../colour.js';
import { disc, line, plate, raised, whole } from '../paint.js';
import type { Pen } from '../pen.js';

const NEON: Readonly<Record<string, Rgb>> = {
  red: [255, 60, 50],
  green: [70, 255, 120],
  blue: [80, 150, 255],
  yellow: [255, 225, 70],
  pink: [255, 90, 210],
};

/** A street at night: houses with lit windows, neon signs over their doors, a street sign, wet asphalt. */
export function street(pen: Pen): void {
  const { ctx, plan } = pen;
  const { cap, layout } = plan;
  const all = whole(pen);
  plate(ctx, all, hsl(230, 0.5, 0.1), 0, hsl(280, 0.35, 0.2));
  const ground = 118;
  houses(pen, ground);
  plate(ctx, { x: all.x, y: ground, w: all.w, h: all.y + all.h - ground }, hsl(230, 0.2, 0.13), 0, hsl(230, 0.2, 0.06));
  plate(ctx, { x: all.x, y: ground, w: all.w, h: 2 }, hsl(230, 0.08, 0.32));

  const signs = pen.rows('sign');
  const face = { family: layout.family, bold: true };
  const pitch = Math.min(cap * 3.6, 84 / signs.length);
  const high = Math.min(cap * 1.25, pitch * 0.5);
  const top = 10 + (94 - pitch * signs.length) * (0.15 + layout.y01 * 0.5);
  for (const [at, sign] of signs.entries()) {
    const colour = NEON[sign.mark ?? ''] ?? WHITE;
    const wide = pen.measure(sign.text, face, high) + high * 1.6;
    const side = layout.style === 0 ? at % 2 : layout.style === 1 ? 0.15 + at * 0.35 : 0.8 - at * 0.35;
    const x = 10 + Math.max(0, pen.width - 20 - wide) * Math.min(1, Math.max(0, side * 0.75 + layout.x01 * 0.25));
    const y = top + at * pitch;
    const paper: Rgb = mix([12, 10, 22], colour, 0.05);
    raised(pen, { x, y, w: wide, h: high * 2.2 }, paper, 2);
    halo(pen, x + wide / 2, y + high * 1.1, wide * 0.62, colour);
    ctx.strokeStyle = css(mix(colour, WHITE, 0.2), 0.9);
    ctx.lineWidth = 0.7;
    ctx.beginPath();
    ctx.roundRect(x + 1, y + 1, wide - 2, high * 2.2 - 2, 1.5);
    ctx.stroke();
    pen.text(sign, x + wide / 2, y + high * 1.6, { face, cap: high, ink: mix(colour, WHITE, 0.3), paper, align: 'center', glow: colour });
    reflection(pen, x + wide / 2, ground + 3, wide * 0.4, colour);
  }
  nameSign(pen, ground);
} // prettier-ignore

function houses(pen: Pen, ground: number): void {
  const { ctx, random } = pen;
  for (let x = -pen.rim; x < pen.width + pen.rim;) {
    const w = random.int(34, 62);
    const top = random.int(-14, 30);
    const wall = hsl(random.int(210, 300), 0.25, 0.11 + random.float() * 0.07);
    plate(ctx, { x, y: top, w: w - 0.8, h: ground - top }, wall, 0, mix(wall, BLACK, 0.35));
    for (let wx = x + 5; wx < x + w - 8; wx += 10) {
      for (let wy = top + 6; wy < ground - 24; wy += 14) {
        const lit = random.float() < 0.28;
        const pane = lit
          ? hsl(random.int(34, 50), 0.75, 0.42 + random.float() * 0.2)
          : mix(wall, BLACK, 0.35);
        plate(ctx, { x: wx, y: wy, w: 5.4, h: 7.5 }, pane);
      }
    }
    x += w;
  }
}

function halo(pen: Pen, x: number, y: number, radius: number, colour: Rgb): void {
  const glow = pen.ctx.createRadialGradient(x, y, 1, x, y, radius);
  glow.addColorStop(0, css(colour, 0.16));
  glow.addColorStop(1, css(colour, 0));
  pen.ctx.fillStyle = glow;
  pen.ctx.fillRect(x - radius, y - radius, 2 * radius, 2 * radius);
}

/** On wet asphalt a light becomes a long smear. */
function reflection(pen: Pen, x: number, y: number, half: number, colour: Rgb): void {
  const glow = pen.ctx.createLinearGradient(0, y, 0, y + 32);
  glow.addColorStop(0, css(colour, 0.22));
  glow.addColorStop(1, css(colour, 0));
  pen.ctx.fillStyle = glow;
  pen.ctx.fillRect(x - half, y, 2 * half, 32);
}

/** A blue plate on a post, under a lamp. */
function nameSign(pen: Pen, ground: number): void {
  const { ctx, plan } = pen;
  const { cap, layout } = plan;
  const name = pen.one('street');
  const face = { family: 'sans' as const, bold: true };
  const wide = pen.measure(name.text, face, cap) + cap * 1.4;
  const x = 9 + Math.max(0, pen.width - 18 - wide) * (1 - layout.x01);
  const y = ground - cap * 0.4;
  line(ctx, [[x + wide / 2, y], [x + wide / 2, 190]], css(hsl(230, 0.1, 0.28)), 2.2); // prettier-ignore
  const paper = hsl(222, 0.6, 0.3);
  raised(pen, { x: x - 0.8, y: y - 0.8, w: wide + 1.6, h: cap * 1.9 + 1.6 }, WHITE, 1.6);
  plate(ctx, { x, y, w: wide, h: cap * 1.9 }, paper, 1.2);
  pen.text(name, x + wide / 2, y + cap * 1.45, {
    face,
    cap,
    ink: WHITE,
    paper,
    align: 'center',
    within: pen.width - 24,
  });
  disc(ctx, x + wide / 2, y - 3, 1.4, css(hsl(45, 0.9, 0.85), 0.8));
}
