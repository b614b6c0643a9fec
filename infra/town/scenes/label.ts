import type { Rgb } from '../colour.js';
import { BLACK, css, hsl, mix, WHITE } from '../colour.js';
import { disc, plate, raised, whole } from '../paint.js';
import type { Pen } from '../pen.js';

/** A product on a shelf: a jar, a box or a bottle with its label, the price on the shelf's edge. */
export function productLabel(pen: Pen): void {
  const { ctx, plan, random } = pen;
  const { cap, layout } = plan;
  const hue = random.int(0, 360);
  const all = whole(pen);
  plate(ctx, all, hsl(hue, 0.1, 0.42), 0, hsl(hue, 0.12, 0.2));
  const face = { family: layout.family, bold: layout.bold };
  const brandFace = { family: layout.family === 'mono' ? ('sans' as const) : layout.family, bold: true };
  const measured = Math.max(
    pen.measure(pen.one('brand').text, brandFace, cap * 1.9),
    pen.measure(pen.one('variety').text, face, cap * 1.05),
    pen.measure('Best before', face, cap * 0.85),
    pen.measure(pen.one('best').text, face, cap),
    pen.measure(pen.one('weight').text, face, cap),
  );
  const pad = cap * (0.9 + layout.roomy01 * 0.5);
  const w = measured + 2 * pad;
  const h = cap * 11.2 + pad;
  const shelf = pen.height - cap * 2.5 - 3;
  const scale = Math.min(1, (shelf - 4) / (h + cap * 2.4));
  const x = 12 + (pen.width - 24 - w * scale) * layout.x01;
  neighbours(pen, shelf, x, w * scale, hue);
  ctx.save();
  ctx.translate(x, shelf - (h + cap * 0.6) * scale);
  ctx.scale(scale, scale);
  const body = hsl(hue, 0.5, 0.34);
  vessel(pen, w, h, cap, body);
  const paper = layout.style === 1 ? hsl(hue + 40, 0.4, 0.9) : hsl(45, 0.35, 0.94);
  const ink = hsl(hue, 0.5, 0.14);
  plate(ctx, { x: 0, y: 0, w, h: h - cap * 0.8 }, paper, 2);
  const band = hsl(hue + 180, 0.5, 0.32);
  plate(ctx, { x: 0, y: cap * 3.2, w, h: cap * 1.95 }, band);
  pen.text(pen.one('brand'), w / 2, cap * 2.6, { face: brandFace, cap: cap * 1.9, ink: band, paper, align: 'center' });
  pen.text(pen.one('variety'), w / 2, cap * 4.65, { face, cap: cap * 1.05, ink: WHITE, paper: band, align: 'center' });
  pen.text(pen.one('weight'), w / 2, cap * 6.75, { face, cap, ink, paper, align: 'center' });
  pen.text('Best before', w / 2, cap * 8.5, { face, cap: cap * 0.85, ink, paper, align: 'center' });
  pen.text(pen.one('best'), w / 2, cap * 10.15, { face, cap, ink, paper, align: 'center' });
  curve(pen, w, h);
  ctx.restore();
  edge(pen, shelf, x + (w * scale) / 2);
} // prettier-ignore

/** Lid, glass or carton behind the label. */
function vessel(pen: Pen, w: number, h: number, cap: number, body: Rgb): void {
  const { ctx, plan } = pen;
  const style = plan.layout.style;
  raised(pen, { x: -4, y: -cap * 0.8, w: w + 8, h: h + cap * 1.4 }, mix(body, WHITE, 0.15), style === 1 ? 1 : 8, mix(body, BLACK, 0.3), 4);
  if (style !== 1) raised(pen, { x: style === 0 ? 2 : w * 0.3, y: -cap * 2.2, w: style === 0 ? w - 4 : w * 0.4, h: cap * 1.6 }, hsl(42, 0.5, 0.62), 2, hsl(36, 0.5, 0.36), 1.5);
  else plate(ctx, { x: -4, y: -cap * 0.8, w: w + 8, h: cap * 0.5 }, mix(body, WHITE, 0.3));
} // prettier-ignore

/** A vessel is round: its sides are darker, and a light runs down it. */
function curve(pen: Pen, w: number, h: number): void {
  const { ctx } = pen;
  const shade = ctx.createLinearGradient(-4, 0, w + 4, 0);
  const box = pen.plan.layout.style === 1;
  shade.addColorStop(0, `rgba(0, 0, 0, ${box ? 0.08 : 0.3})`);
  shade.addColorStop(0.2, 'rgba(0, 0, 0, 0)');
  shade.addColorStop(0.3, `rgba(255, 255, 255, ${box ? 0.05 : 0.14})`);
  shade.addColorStop(0.4, 'rgba(0, 0, 0, 0)');
  shade.addColorStop(1, `rgba(0, 0, 0, ${box ? 0.12 : 0.34})`);
  ctx.fillStyle = shade;
  ctx.fillRect(-4, 0, w + 8, h - 2);
}

function neighbours(pen: Pen, shelf: number, x: number, w: number, hue: number): void {
  const { ctx, random } = pen;
  const put = (at: number): void => {
    const [wide, tall] = [random.int(20, 34), random.int(48, 84)];
    const colour = hsl(hue + random.int(60, 300), 0.3, 0.3);
    plate(
      ctx,
      { x: at, y: shelf - tall, w: wide, h: tall },
      mix(colour, WHITE, 0.1),
      5,
      mix(colour, BLACK, 0.4),
    );
    plate(ctx, { x: at, y: shelf - tall * 0.7, w: wide, h: tall * 0.4 }, mix(colour, WHITE, 0.45));
    disc(ctx, at + wide / 2, shelf - tall * 0.5, 5, css(mix(colour, BLACK, 0.1)));
  };
  for (let at = x - 46; at > -pen.rim - 40; at -= 38) put(at);
  for (let at = x + w + 14; at < pen.width + pen.rim; at += 38) put(at);
}

/** The shelf's edge with a price ticket under the product. */
function edge(pen: Pen, shelf: number, middle: number): void {
  const { ctx, plan } = pen;
  const { cap } = plan;
  const all = whole(pen);
  raised(
    pen,
    { x: all.x, y: shelf, w: all.w, h: all.y + all.h - shelf },
    [224, 224, 220],
    0,
    [150, 150, 150],
    2,
  );
  const price = pen.one('price');
  const face = { family: 'sans' as const, bold: true };
  const wide = pen.measure(price.text, face, cap * 1.1) + cap * 1.4;
  const x = Math.min(pen.width - wide - 6, Math.max(6, middle - wide / 2));
  const paper = hsl(52, 0.95, 0.6);
  raised(pen, { x, y: shelf + 1.6, w: wide, h: cap * 2.05 }, paper, 1, paper, 1);
  pen.text(price, x + wide / 2, shelf + 1.6 + cap * 1.58, {
    face,
    cap: cap * 1.1,
    ink: [30, 20, 20],
    paper,
    align: 'center',
  });
  plate(ctx, { x: all.x, y: shelf, w: all.w, h: 0.6 }, WHITE);
}
