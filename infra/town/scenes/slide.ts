import { BLACK, css, hsl, mix, WHITE } from '../colour.js';
import { disc, plate, raised, whole } from '../paint.js';
import type { Pen } from '../pen.js';

/** A slide on a screen in a dim hall: title, bullets (one highlighted), the speaker's name. */
export function slide(pen: Pen): void {
  const { ctx, plan, random } = pen;
  const { cap, layout } = plan;
  const hue = random.int(0, 360);
  const all = whole(pen);
  plate(ctx, all, hsl(hue, 0.14, 0.17), 0, hsl(hue, 0.2, 0.08));

  const face = { family: layout.family, bold: false };
  const titleFace = { family: layout.family, bold: true };
  const bullets = pen.rows('bullet');
  const title = pen.one('title');
  const speaker = pen.one('speaker');
  const pad = cap * (1.2 + layout.roomy01 * 0.6);
  const inner = Math.max(
    pen.measure(title.text, titleFace, cap * 1.25),
    pen.measure(speaker.text, face, cap) + cap * 3,
    ...bullets.map((bullet) => pen.measure(bullet.text, face, cap) + cap * 2),
  );
  const pitch = cap * 2;
  const h = cap * 7.2 + bullets.length * pitch;
  const w = Math.max(inner + 2 * pad, h * 1.3);
  pen.furniture(w, h, () => {
    glow(pen, w, h);
    const paper = layout.style === 1 ? hsl(hue, 0.45, 0.16) : layout.style === 2 ? hsl(45, 0.3, 0.95) : WHITE;
    const ink = layout.style === 1 ? WHITE : hsl(hue, 0.25, 0.13);
    const band = hsl(hue, 0.6, layout.style === 1 ? 0.55 : 0.4);
    raised(pen, { x: -2, y: -2, w: w + 4, h: h + 4 }, BLACK, 1);
    plate(ctx, { x: 0, y: 0, w, h }, mix(paper, WHITE, 0.06), 0, mix(paper, BLACK, 0.07));
    const top = cap * 2.7;
    if (layout.style !== 2) plate(ctx, { x: 0, y: 0, w, h: top }, band, 0, mix(band, BLACK, 0.18));
    else plate(ctx, { x: pad, y: top - cap * 0.3, w: w - 2 * pad, h: cap * 0.16 }, band);
    const titled = layout.style === 2 ? { ink: band, paper } : { ink: WHITE, paper: band };
    pen.text(title, pad, cap * 1.95, { face: titleFace, cap: cap * 1.25, ...titled, within: w - 2 * pad });
    let y = top + cap * 0.6;
    for (const bullet of bullets) {
      y += pitch;
      const base = y - cap * 0.5;
      const lit = bullet.mark === 'highlighted';
      const marker = layout.style === 1 ? hsl(48, 0.9, 0.42) : hsl(54, 1, 0.68);
      const wide = pen.measure(bullet.text, face, cap);
      if (lit)
        plate(
          ctx,
          { x: pad + cap * 1.2, y: base - cap * 1.42, w: wide + cap * 1.4, h: cap * 1.9 },
          marker,
          cap * 0.2,
        );
      disc(ctx, pad + cap * 0.5, base - cap * 0.45, cap * 0.26, css(band));
      pen.text(bullet, pad + cap * 1.8, base, { face, cap, ink, paper: lit ? marker : paper });
    }
    const said = pen.text(speaker, pad, h - cap * 0.8, { face, cap, ink: mix(ink, paper, 0.15), paper });
    for (let n = 0; n < 3 && w - 2 * pad - said > cap * 4; n++) {
      const bar = cap * (0.8 + random.float() * 1.6);
      plate(
        ctx,
        { x: w - pad - cap * (1 + n), y: h - cap * 0.8 - bar, w: cap * 0.7, h: bar },
        mix(paper, band, 0.4 + n * 0.2),
      );
    }
  });
  audience(pen);
}

function glow(pen: Pen, w: number, h: number): void {
  pen.ctx.shadowColor = 'rgba(220, 230, 255, 0.35)';
  pen.ctx.shadowBlur = 22 * pen.scale;
  plate(pen.ctx, { x: 0, y: 0, w, h }, WHITE);
  pen.ctx.shadowBlur = 0;
  pen.ctx.shadowColor = 'transparent';
}

/** Heads in the front row, below the picture's edge: they hide nothing. */
function audience(pen: Pen): void {
  for (let x = -pen.rim; x < pen.width + pen.rim; x += pen.random.int(22, 40)) {
    const y = pen.height + 3 + pen.random.float() * 4;
    disc(pen.ctx, x, y, 6 + pen.random.float() * 2, css(hsl(230, 0.2, 0.05)));
    pen.ctx.fillStyle = css(hsl(230, 0.2, 0.05));
    pen.ctx.beginPath();
    pen.ctx.ellipse(x, y + 16, 14, 11, 0, 0, 7);
    pen.ctx.fill();
  }
}
