import type { Rgb } from '../colour.js';
import { BLACK, css, hsl, mix, WHITE } from '../colour.js';
import { disc, line, plate, raised, wall } from '../paint.js';
import type { Pen } from '../pen.js';

const PENS: readonly Rgb[] = [[28, 52, 140], [24, 24, 28], [150, 28, 32], [16, 96, 60]]; // prettier-ignore

/** A whiteboard in an office: a heading underlined, tasks with boxes (some ticked), a code in a frame, all by hand. */
export function whiteboard(pen: Pen): void {
  const { ctx, plan, random } = pen;
  const { cap, layout } = plan;
  wall(pen, hsl(random.int(0, 360), 0.14, 0.6));
  const face = { family: 'hand' as const };
  const tasks = pen.rows('task');
  const heading = pen.one('heading');
  const code = pen.one('code');
  const aside = layout.style === 1;
  const codeWide = pen.measure(code.text, face, cap * 1.15) + cap * 1.6;
  const column = Math.max(
    pen.measure(heading.text, face, cap * 1.25),
    ...tasks.map((task) => pen.measure(task.text, face, cap) + cap * 2.2),
  );
  const pad = cap * (1 + layout.roomy01 * 0.7);
  const pitch = cap * 2;
  const w = Math.max(column + (aside ? codeWide + cap * 2 : 0), codeWide) + 2 * pad;
  const h = pad * 2 + cap * 2.7 + tasks.length * pitch + (aside ? 0 : cap * 2.6);
  pen.furniture(w, h, () => {
    const paper: Rgb = [246, 248, 249];
    raised(pen, { x: -3, y: -3, w: w + 6, h: h + 6 }, [206, 210, 214], 2, [150, 154, 160], 4);
    plate(ctx, { x: 0, y: 0, w, h }, WHITE, 1, mix(paper, BLACK, 0.07));
    ghosts(pen, w, h);
    const inks = random.shuffle(PENS);
    const [first, second, third] = [inks[0] ?? BLACK, inks[1] ?? BLACK, inks[2] ?? BLACK];
    let y = pad + cap * 1.3;
    const wavy = (x: number, at: number, draw: () => void): void => {
      ctx.save();
      ctx.translate(x, at);
      ctx.rotate((random.float() - 0.5) * 0.028);
      draw();
      ctx.restore();
    };
    wavy(pad, y, () => {
      const wide = pen.text(heading, 0, 0, { face, cap: cap * 1.25, ink: first, paper });
      stroke(pen, [[-1, cap * 0.55], [wide * 0.5, cap * 0.68], [wide + 2, cap * 0.5]], first, cap * 0.13);
    });
    y += cap * 0.9;
    for (const task of tasks) {
      y += pitch;
      wavy(pad, y, () => {
        tickBox(pen, cap, second, task.mark === 'ticked' ? third : null);
        pen.text(task, cap * 1.9, 0, { face, cap, ink: second, paper });
      });
    }
    const x = aside ? pad + column + cap * 2 : pad + (w - 2 * pad - codeWide) * random.float();
    wavy(x, aside ? h * (0.35 + 0.3 * layout.y01) : y + cap * 2.9, () => {
      pen.text(code, cap * 0.8, 0, { face, cap: cap * 1.15, ink: third, paper });
      const [top, bottom] = [-cap * 1.75, cap * 0.65];
      stroke(pen, [[0, top], [codeWide, top + 0.6], [codeWide + 0.5, bottom], [0.4, bottom - 0.5], [-0.2, top - 0.6]], third, cap * 0.13);
    });
  });
  for (const [at, ink] of PENS.slice(0, 3).entries())
    plate(ctx, { x: 30 + at * 17, y: pen.height - 2.6, w: 13, h: 2 }, ink, 1);
} // prettier-ignore

function tickBox(pen: Pen, cap: number, ink: Rgb, tick: Rgb | null): void {
  const side = cap * 0.95;
  stroke(pen, [[0, -side], [side, -side + 0.3], [side - 0.2, 0], [0.2, 0.2], [0, -side]], ink, cap * 0.1);
  if (tick !== null) stroke(pen, [[side * 0.15, -side * 0.5], [side * 0.45, -side * 0.1], [side * 1.25, -side * 1.35]], tick, cap * 0.17);
} // prettier-ignore

function stroke(pen: Pen, points: readonly (readonly [number, number])[], ink: Rgb, width: number): void {
  pen.ctx.lineCap = 'round';
  pen.ctx.lineJoin = 'round';
  line(pen.ctx, points, css(ink, 0.92), width);
}

/** What the sponge left. */
function ghosts(pen: Pen, w: number, h: number): void {
  for (let n = 0; n < 5; n++) {
    const [x, y] = [pen.random.float() * w, pen.random.float() * h];
    disc(pen.ctx, x, y, h * 0.12, css(pen.random.pick(PENS), 0.018));
  }
}
