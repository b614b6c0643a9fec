import { BLACK, css, hsl, mix, WHITE } from '../colour.js';
import { bokeh, disc, line, plate, raised, whole } from '../paint.js';
import type { Pen } from '../pen.js';

/** A board of departures in a station hall: lit rows, split flaps, or a printed sheet behind glass. */
export function timetable(pen: Pen): void {
  const { ctx, plan, random } = pen;
  const { cap, layout } = plan;
  const hue = random.int(0, 360);
  hall(pen, hue);
  const face = { family: layout.style === 1 ? ('mono' as const) : layout.family, bold: layout.bold };
  const head = { family: 'sans' as const, bold: true };
  const times = pen.rows('time');
  const places = pen.rows('destination');
  const platforms = pen.rows('platform');
  const widest = (fields: readonly { text: string }[]): number =>
    Math.max(...fields.map((field) => pen.measure(field.text, face, cap)));
  const [a, b, c] = [widest(times), widest(places), widest(platforms)];
  const pad = cap * (0.9 + layout.roomy01 * 0.5);
  const gap = cap * 1.3;
  const mark = cap * 1.3;
  const station = pen.one('station');
  const clock = pen.one('clock');
  const headed = pen.measure(station.text, head, cap * 1.1) + pen.measure(clock.text, head, cap * 1.1) + cap * 3;
  const w = Math.max(mark + a + gap + b + gap + c, headed) + 2 * pad;
  const pitch = cap * 2;
  const h = cap * 2.9 + times.length * pitch + pad * 0.8;
  pen.furniture(w, h, () => {
    const printed = layout.style === 2;
    const paper = printed ? hsl(48, 0.5, 0.92) : layout.style === 1 ? [20, 20, 22] as const : hsl(hue, 0.5, 0.12);
    const ink = printed ? hsl(220, 0.4, 0.14) : layout.style === 1 ? [250, 246, 230] as const : hsl(42, 1, 0.6);
    raised(pen, { x: -3, y: -3, w: w + 6, h: h + 6 }, [96, 100, 106], 2, [40, 42, 46], 4);
    plate(ctx, { x: 0, y: 0, w, h }, paper);
    const bar = printed ? hsl(hue, 0.6, 0.34) : hsl(hue, 0.6, 0.3);
    plate(ctx, { x: 0, y: 0, w, h: cap * 2.4 }, mix(bar, WHITE, 0.08), 0, mix(bar, BLACK, 0.12));
    pen.text(station, pad, cap * 1.75, { face: head, cap: cap * 1.1, ink: WHITE, paper: bar });
    pen.text(clock, w - pad, cap * 1.75, { face: head, cap: cap * 1.1, ink: WHITE, paper: bar, align: 'right' });
    let y = cap * 2.6;
    for (const [at, time] of times.entries()) {
      const row = { x: pad * 0.3, y: y + cap * 0.12, w: w - pad * 0.6, h: pitch - cap * 0.24 };
      const own = layout.style === 1 ? ([38, 38, 42] as const) : at % 2 === 1 ? mix(paper, printed ? BLACK : WHITE, 0.06) : paper;
      plate(ctx, row, own);
      y += pitch;
      const base = y - cap * 0.5;
      if (time.mark !== null) disc(ctx, pad * 0.5 + cap * 0.5, base - cap * 0.48, cap * 0.46, css(hsl(0, 0.9, 0.52)));
      const style = { face, cap, ink, paper: own };
      pen.text(time, pad + mark, base, style);
      const [place, platform] = [places[at], platforms[at]];
      if (place !== undefined) pen.text(place, pad + mark + a + gap, base, style);
      if (platform !== undefined) pen.text(platform, w - pad, base, { ...style, align: 'right' });
      if (layout.style === 1) line(ctx, [[row.x, row.y + row.h * 0.52], [row.x + row.w, row.y + row.h * 0.52]], 'rgba(0, 0, 0, 0.35)', 0.3);
    }
  });
} // prettier-ignore

/** A hall with tall windows, and beams that carry the board. */
function hall(pen: Pen, hue: number): void {
  const { ctx } = pen;
  const all = whole(pen);
  plate(ctx, all, hsl(hue, 0.14, 0.5), 0, hsl(hue, 0.18, 0.26));
  for (let x = all.x + 8; x < all.x + all.w; x += 46) {
    plate(ctx, { x, y: all.y, w: 30, h: 108 }, hsl(205, 0.35, 0.82), 12, hsl(205, 0.2, 0.62));
    plate(ctx, { x: x + 14.4, y: all.y, w: 1.2, h: 108 }, hsl(hue, 0.1, 0.35));
    for (const y of [22, 58]) plate(ctx, { x, y, w: 30, h: 1.2 }, hsl(hue, 0.1, 0.35));
  }
  plate(ctx, { x: all.x, y: 126, w: all.w, h: 40 }, hsl(hue, 0.1, 0.4), 0, hsl(hue, 0.1, 0.2));
  bokeh(pen, [hsl(45, 0.9, 0.8)], 7);
}
