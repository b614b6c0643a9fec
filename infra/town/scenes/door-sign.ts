import { BLACK, css, hsl, mix, WHITE } from '../colour.js';
import { disc, plate, raised, wall, whole, wood } from '../paint.js';
import type { Pen } from '../pen.js';

/** A plate beside a door: a number, a name, hours. Brushed metal, dark acrylic, or white with a band. */
export function doorSign(pen: Pen): void {
  const { ctx, plan, random } = pen;
  const { cap, layout } = plan;
  const hue = random.int(0, 360);
  if (random.float() < 0.5) wall(pen, hsl(hue, 0.18, 0.62));
  else wood(pen, hsl(random.int(20, 36), 0.4, 0.38), false);
  doorway(pen, layout.x01 < 0.5);

  const face = { family: layout.family, bold: layout.bold };
  const name = pen.one('name');
  const hours = pen.one('hours');
  const pad = cap * (1 + layout.roomy01 * 0.7);
  const wide = Math.max(
    pen.measure(name.text, face, cap),
    pen.measure(hours.text, face, cap),
    pen.measure(pen.one('room').text, { ...face, bold: true }, cap * 2.1),
  );
  const [w, h] = [wide + 2.4 * pad, cap * 6.6 + 2 * pad];
  pen.furniture(w, h, () => {
    const metal = hsl(hue, 0.04, 0.8);
    const dark = hsl(hue, 0.25, 0.17);
    const paper = layout.style === 0 ? metal : layout.style === 1 ? dark : hsl(60, 0.05, 0.95);
    const ink = layout.style === 1 ? WHITE : hsl(hue, 0.3, 0.1);
    raised(pen, { x: 0, y: 0, w, h }, mix(paper, WHITE, 0.25), 2.5, mix(paper, BLACK, 0.06));
    if (layout.style === 0)
      for (let y = 1; y < h - 1; y += 1.4)
        plate(ctx, { x: 1, y, w: w - 2, h: 0.3 }, mix(metal, random.float() < 0.5 ? BLACK : WHITE, 0.12));
    const band = hsl(hue, 0.55, 0.42);
    if (layout.style === 2) plate(ctx, { x: 0, y: 0, w: pad * 0.6, h }, band, 2.5);
    const left = layout.style === 1 ? w / 2 : pad * 1.2;
    const align = layout.style === 1 ? 'center' : 'left';
    let y = pad + cap * 2.1;
    pen.text(pen.one('room'), left, y, { face: { ...face, bold: true }, cap: cap * 2.1, ink: layout.style === 2 ? band : ink, paper, align }); // prettier-ignore
    y += cap * 2.1;
    pen.text(name, left, y, { face, cap, ink, paper, align });
    y += cap * 1.95;
    pen.text(hours, left, y, { face, cap, ink, paper, align });
    for (const [x, y2] of [[2.4, 2.4], [w - 2.4, 2.4], [2.4, h - 2.4], [w - 2.4, h - 2.4]] as const) {
      disc(ctx, x, y2, 0.95, css(hsl(40, 0.05, 0.45)));
      disc(ctx, x - 0.2, y2 - 0.2, 0.5, css(hsl(40, 0.05, 0.8)));
    } // prettier-ignore
  });
}

/** A leaf of a door and its frame at one side, with a handle. */
function doorway(pen: Pen, atRight: boolean): void {
  const { ctx, random } = pen;
  const all = whole(pen);
  const broad = pen.width * 0.26 + pen.rim;
  const x = atRight ? all.x + all.w - broad : all.x;
  const colour = hsl(random.int(0, 360), 0.3, 0.24 + random.float() * 0.2);
  const edge = atRight ? x - 7 : x + broad;
  raised(pen, { x: edge, y: all.y, w: 7, h: all.h }, hsl(40, 0.12, 0.82), 0, hsl(40, 0.1, 0.6));
  plate(ctx, { x, y: all.y, w: broad, h: all.h }, mix(colour, WHITE, 0.12), 0, mix(colour, BLACK, 0.25));
  for (const y of [14, 84]) {
    const panel = { x: x + 12, y, w: broad - 24, h: 46 };
    plate(ctx, panel, mix(colour, BLACK, 0.3), 1);
    plate(ctx, { ...panel, x: panel.x + 1, y: panel.y + 1.4 }, mix(colour, WHITE, 0.06), 1);
  }
  const knob = atRight ? x + 5 : x + broad - 5;
  raised(pen, { x: knob - 1.6, y: 66, w: 3.2, h: 15 }, hsl(45, 0.1, 0.75), 1.6, hsl(45, 0.1, 0.5), 1);
  raised(pen, { x: atRight ? knob : knob - 9, y: 69, w: 9, h: 2.6 }, hsl(45, 0.1, 0.85), 1.3, hsl(45, 0.1, 0.5), 1); // prettier-ignore
}
