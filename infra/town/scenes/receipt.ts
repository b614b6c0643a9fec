import { BLACK, css, hsl, mix } from '../colour.js';
import { plate, wood, wall } from '../paint.js';
import type { Pen } from '../pen.js';

/** A till's slip on a table, a little askew, with a torn edge: shop, date, things and prices, total, phone number. */
export function receipt(pen: Pen): void {
  const { ctx, plan, random } = pen;
  const { cap, layout } = plan;
  if (layout.style === 2) wall(pen, hsl(random.int(0, 360), 0.25, 0.3));
  else wood(pen, hsl(random.int(16, 34), 0.4, layout.style === 0 ? 0.3 : 0.45), random.float() < 0.5);

  const face = { family: layout.family === 'serif' ? ('mono' as const) : layout.family, bold: false };
  const bold = { ...face, bold: true };
  const items = pen.rows('item');
  const prices = pen.rows('price');
  const widest = (texts: readonly string[]): number =>
    Math.max(...texts.map((text) => pen.measure(text, face, cap)));
  const column = widest(items.map((item) => item.text));
  const sums = widest([...prices, pen.one('total')].map((price) => price.text));
  const inner = Math.max(
    column + sums + cap * 2,
    pen.measure(pen.one('shop').text, bold, cap * 1.1),
    pen.measure(pen.one('phone').text, face, cap) + cap * 4,
  );
  const pad = cap * (0.9 + layout.roomy01 * 0.5);
  const pitch = cap * 1.75;
  const [w, h] = [inner + 2 * pad, cap * 2.2 + (items.length + 3) * pitch + cap * 2];
  const askew = (random.float() - 0.5) * 0.06;
  pen.furniture(w + 4, h + 4, () => {
    ctx.translate((w + 4) / 2, (h + 4) / 2);
    ctx.rotate(askew);
    ctx.translate(-w / 2, -h / 2);
    const paper = hsl(48, 0.12, 0.93);
    slip(pen, w, h, css(mix(paper, BLACK, 0.04)));
    plate(ctx, { x: 0, y: h * 0.42, w, h: h * 0.14 }, mix(paper, BLACK, 0.05), 0, paper);
    const ink = hsl(250, 0.2, 0.2);
    const style = { face, cap, ink, paper };
    let y = cap * 2.1;
    pen.text(pen.one('shop'), w / 2, y, { ...style, face: bold, cap: cap * 1.1, align: 'center' });
    y += pitch;
    pen.text(pen.one('date'), w / 2, y, { ...style, align: 'center' });
    dashes(pen, pad, w - pad, y + cap * 0.5);
    y += cap * 0.4;
    for (const [at, item] of items.entries()) {
      y += pitch;
      pen.text(item, pad, y, style);
      const price = prices[at];
      if (price !== undefined) pen.text(price, w - pad, y, { ...style, align: 'right' });
    }
    dashes(pen, pad, w - pad, y + cap * 0.5);
    y += pitch + cap * 0.4;
    pen.text('TOTAL', pad, y, { ...style, face: bold });
    pen.text(pen.one('total'), w - pad, y, { ...style, face: bold, align: 'right' });
    y += pitch;
    pen.text('Tel.', pad, y, style);
    pen.text(pen.one('phone'), w - pad, y, { ...style, align: 'right' });
  });
}

/** Paper with teeth at both ends. */
function slip(pen: Pen, w: number, h: number, colour: string): void {
  const { ctx } = pen;
  ctx.shadowColor = 'rgba(0, 0, 0, 0.5)';
  ctx.shadowBlur = 6 * pen.scale;
  ctx.shadowOffsetY = 2 * pen.scale;
  ctx.fillStyle = colour;
  ctx.beginPath();
  const teeth = Math.round(w / 3.2);
  for (let n = 0; n <= teeth; n++) ctx.lineTo((n * w) / teeth, n % 2 === 0 ? 0 : -1.6);
  for (let n = teeth; n >= 0; n--) ctx.lineTo((n * w) / teeth, n % 2 === 0 ? h : h + 1.6);
  ctx.fill();
  ctx.shadowColor = 'transparent';
  ctx.shadowBlur = 0;
  ctx.shadowOffsetY = 0;
}

function dashes(pen: Pen, from: number, to: number, y: number): void {
  pen.ctx.fillStyle = 'rgba(40, 40, 60, 0.6)';
  for (let x = from; x < to; x += 3.2) pen.ctx.fillRect(x, y, 2, 0.45);
}
