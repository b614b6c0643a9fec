import { BLACK, css, hsl, mix, WHITE } from '../colour.js';
import { disc, plate, raised, wall, wood } from '../paint.js';
import type { Pen } from '../pen.js';

/** A phone that shows a contact and what they wrote; it lies on a table or leans on a wall. */
export function phone(pen: Pen): void {
  const { ctx, plan, random } = pen;
  const { cap, layout } = plan;
  const hue = random.int(0, 360);
  if (layout.style === 2) wall(pen, hsl(hue, 0.3, 0.5));
  else wood(pen, hsl(random.int(20, 40), 0.34, 0.42 + random.float() * 0.15), random.float() < 0.5);
  if (random.float() < 0.6) cup(pen);

  const face = { family: layout.family === 'serif' ? ('sans' as const) : layout.family, bold: false };
  const bold = { ...face, bold: true };
  const messages = pen.rows('message');
  const wide = Math.max(
    ...messages.map((message) => pen.measure(message.text, face, cap) + cap * 2.6),
    pen.measure(pen.one('contact').text, bold, cap) + cap * 3.4,
    pen.measure(pen.one('number').text, face, cap) + cap * 3.4,
  );
  const edge = 4;
  const w = wide + cap * 1.6 + 2 * edge;
  const h = cap * 7.7 + messages.length * cap * 2.5 + 2 * edge + cap * layout.roomy01 * 2;
  pen.furniture(w, h, () => {
    raised(pen, { x: 0, y: 0, w, h }, [44, 46, 52], 8, [12, 12, 16], 4);
    const dark = layout.style === 1;
    const paper = dark ? hsl(hue, 0.12, 0.1) : hsl(hue, 0.2, 0.95);
    const ink = dark ? WHITE : hsl(hue, 0.3, 0.1);
    const screen = { x: edge, y: edge, w: w - 2 * edge, h: h - 2 * edge };
    plate(ctx, screen, paper, 5, mix(paper, dark ? WHITE : BLACK, 0.05));
    const left = edge + cap * 0.8;
    const right = w - edge - cap * 0.8;
    let y = edge + cap * 1.5;
    pen.text(pen.one('clock'), left, y, { face: bold, cap, ink, paper });
    status(pen, right, y, cap, css(ink));
    const bar = dark ? hsl(hue, 0.3, 0.2) : hsl(hue, 0.55, 0.36);
    plate(ctx, { x: edge, y: y + cap * 0.6, w: w - 2 * edge, h: cap * 4.2 }, bar);
    disc(ctx, left + cap * 1.1, y + cap * 2.7, cap * 1.15, css(hsl(hue + 120, 0.4, 0.7)));
    disc(ctx, left + cap * 1.1, y + cap * 2.4, cap * 0.42, css(hsl(hue + 120, 0.3, 0.4)));
    y += cap * 2.2;
    pen.text(pen.one('contact'), left + cap * 2.6, y, { face: bold, cap, ink: WHITE, paper: bar });
    y += cap * 1.85;
    pen.text(pen.one('number'), left + cap * 2.6, y, { face, cap, ink: mix(WHITE, bar, 0.1), paper: bar });
    y += cap * 0.95;
    for (const [at, message] of messages.entries()) {
      y += cap * 2.5;
      const mine = at % 2 === 1;
      const long = pen.measure(message.text, face, cap) + cap * 1.4;
      const bubble = mine ? hsl(hue, 0.6, 0.36) : dark ? hsl(hue, 0.1, 0.26) : WHITE;
      const x = mine ? right - long : left;
      plate(
        ctx,
        { x: x + 0.3, y: y - cap * 1.5 + 0.5, w: long, h: cap * 2.1 },
        mix(paper, BLACK, 0.25),
        cap * 0.8,
      );
      plate(ctx, { x, y: y - cap * 1.5, w: long, h: cap * 2.1 }, bubble, cap * 0.8);
      pen.text(message, x + cap * 0.7, y, { face, cap, ink: mine || dark ? WHITE : ink, paper: bubble });
    }
    ctx.fillStyle = 'rgba(255, 255, 255, 0.05)';
    ctx.beginPath();
    ctx.moveTo(w * 0.55, edge);
    ctx.lineTo(w - edge, edge);
    ctx.lineTo(w - edge, h * 0.6);
    ctx.fill();
  });
}

/** Signal and battery. */
function status(pen: Pen, right: number, y: number, cap: number, colour: string): void {
  const { ctx } = pen;
  ctx.fillStyle = colour;
  ctx.fillRect(right - cap * 1.5, y - cap * 0.85, cap * 1.4, cap * 0.75);
  for (let bar = 0; bar < 4; bar++) {
    const tall = cap * (0.25 + bar * 0.2);
    ctx.fillRect(right - cap * 3.4 + bar * cap * 0.38, y - tall - cap * 0.08, cap * 0.25, tall);
  }
}

/** A cup of coffee seen from above, at the side where the phone is not. */
function cup(pen: Pen): void {
  const { ctx, plan } = pen;
  const x = plan.layout.x01 < 0.5 ? pen.width - 26 : 26;
  const y = 30 + 80 * (1 - plan.layout.y01);
  disc(ctx, x + 2, y + 3, 24, 'rgba(0, 0, 0, 0.25)');
  disc(ctx, x, y, 23, css(hsl(40, 0.15, 0.88)));
  disc(ctx, x, y, 15, css(hsl(40, 0.1, 0.96)));
  disc(ctx, x, y, 12.5, css(hsl(24, 0.55, 0.2)));
  disc(ctx, x - 2, y - 2, 8, css(hsl(26, 0.5, 0.3)));
}
