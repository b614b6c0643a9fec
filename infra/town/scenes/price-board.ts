import type { Rgb } from '../colour.js';
import { BLACK, css, hsl, mix, WHITE } from '../colour.js';
import { bokeh, line, plate, raised, star, wall, wood } from '../paint.js';
import type { Pen } from '../pen.js';

/** A board of things and prices: chalk on slate, a lit panel, or a printed card. One line bears a star. */
export function priceBoard(pen: Pen): void {
  const { ctx, plan, random } = pen;
  const { cap, layout } = plan;
  const hue = random.int(0, 360);
  if (random.float() < 0.5) wood(pen, hsl(random.int(18, 34), 0.38, 0.3), true);
  else wall(pen, hsl(hue, 0.22, 0.4));
  bokeh(pen, [hsl(40, 0.9, 0.7), hsl(30, 0.8, 0.6)], 8);

  const face = { family: layout.family, bold: layout.bold };
  const items = pen.rows('item');
  const prices = pen.rows('price');
  const column = Math.max(...items.map((item) => pen.measure(item.text, face, cap)));
  const sums = Math.max(...prices.map((price) => pen.measure(price.text, face, cap)));
  const titleFace = { family: layout.family === 'mono' ? ('serif' as const) : layout.family, bold: true };
  const title = pen.one('title');
  const gutter = cap * 1.5;
  const inner = Math.max(column + sums + gutter * 2, pen.measure(title.text, titleFace, cap * 1.15));
  const pad = cap * (0.9 + layout.roomy01 * 0.6);
  const pitch = cap * 1.95;
  const [w, h] = [inner + 2 * pad + cap * 1.6, pad * 2 + cap * 2.6 + items.length * pitch];
  pen.furniture(w, h, () => {
    const { frame, paper, ink, accent } = materials(layout.style, hue);
    raised(pen, { x: -3, y: -3, w: w + 6, h: h + 6 }, mix(frame, WHITE, 0.12), 2, mix(frame, BLACK, 0.25), 4);
    plate(
      ctx,
      { x: 0, y: 0, w, h },
      mix(paper, WHITE, layout.style === 0 ? 0.04 : 0.1),
      1,
      mix(paper, BLACK, 0.08),
    );
    if (layout.style === 0) smudges(pen, w, h);
    let y = pad + cap * 1.15;
    pen.text(title, w / 2, y, { face: titleFace, cap: cap * 1.15, ink: accent, paper, align: 'center' });
    y += cap * 0.85;
    line(ctx, [[pad, y], [w - pad, y]], css(mix(paper, accent, 0.7)), 0.7); // prettier-ignore
    y += cap * 0.35;
    for (const [at, item] of items.entries()) {
      y += pitch;
      const base = y - cap * 0.35;
      const left = pad + cap * 1.6;
      if (item.mark === 'star')
        star(
          ctx,
          pad + cap * 0.55,
          base - cap / 2,
          cap * 0.72,
          css(mix(paper, STAR[layout.style] ?? accent, 0.95)),
        );
      const took = pen.text(item, left, base, { face, cap, ink, paper });
      const price = prices[at];
      if (price === undefined) continue;
      const own = pen.text(price, w - pad, base, { face, cap, ink: accent, paper, align: 'right' });
      for (let x = left + took + cap; x < w - pad - own - cap * 0.5; x += cap * 0.6)
        plate(ctx, { x, y: base - cap * 0.16, w: cap * 0.16, h: cap * 0.16 }, mix(paper, ink, 0.45));
    }
  });
}

const STAR: readonly Rgb[] = [[255, 214, 90], [255, 120, 70], [200, 40, 40]]; // prettier-ignore

function materials(style: number, hue: number): { frame: Rgb; paper: Rgb; ink: Rgb; accent: Rgb } {
  if (style === 0) return { frame: hsl(28, 0.5, 0.36), paper: hsl(160, 0.09, 0.16), ink: [236, 238, 230], accent: [255, 232, 170] };
  if (style === 1) return { frame: hsl(hue, 0.1, 0.15), paper: hsl(hue, 0.5, 0.2), ink: WHITE, accent: hsl(50, 1, 0.72) };
  return { frame: hsl(hue, 0.35, 0.3), paper: hsl(42, 0.45, 0.9), ink: hsl(20, 0.4, 0.16), accent: hsl(hue, 0.7, 0.28) };
} // prettier-ignore

/** What a wiped slate keeps of the chalk. */
function smudges(pen: Pen, w: number, h: number): void {
  for (let n = 0; n < 9; n++) {
    pen.ctx.fillStyle = css(WHITE, 0.025);
    pen.ctx.beginPath();
    pen.ctx.ellipse(
      pen.random.float() * w,
      pen.random.float() * h,
      w * 0.2,
      h * 0.07,
      pen.random.float(),
      0,
      7,
    );
    pen.ctx.fill();
  }
}
