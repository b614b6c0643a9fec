import type { TownPlan, ScenePlan } from '../../domain/town/plan.js';
import { SHEET_H } from '../../domain/town/plan.js';
import { stream } from '../../domain/seeds.js';
import type { BoxPx } from '../../domain/town/geometry.js';
import type { CutOut } from './cel.js';
import { cutOut } from './cel.js';
import { BLACK, css, hsl, mix, WHITE } from './colour.js';
import { disc, plate, raised } from './paint.js';
import type { DrawnText } from './pen.js';
import { Pen } from './pen.js';
import { canvasFor, wordsOf } from './picture.js';

/** A picture that is laid over the film, with the texts on it. */
export interface Layer extends CutOut {
  readonly texts: readonly DrawnText[];
  /** What of the frame it hides. */
  readonly cover: BoxPx;
}

/** A message that runs through a window of the frame. */
export interface Scroll extends Layer {
  readonly fromPx: number;
  readonly toPx: number;
  /** Left end of the message in each encoded frame; even, as the window's ends are. */
  readonly leftPx: readonly number[];
}

/** Draws over a layer of its own; the pen's sheet is the frame, so that quads are where the layer lies at (0, 0). */
function penOf(plan: TownPlan, scene: ScenePlan, use: string, wide: number): Pen {
  const { widthPx, heightPx, contrast } = plan.knobs;
  const framePx = heightPx / SHEET_H;
  const canvas = canvasFor(use, Math.ceil(wide * framePx), heightPx);
  const ctx = canvas.getContext('2d');
  ctx.setTransform(framePx, 0, 0, framePx, 0, 0);
  const random = stream('town graphics', scene.texture);
  return new Pen(ctx, scene, widthPx / framePx, { x: 0, y: 0 }, framePx, framePx, contrast, random);
}

/** The lower third of the news: channel, headline, tag, clock; and the message that scrolls between tag and clock. */
export function newsGraphics(plan: TownPlan, scene: ScenePlan): { readonly still: Layer; readonly scroll: Scroll } {
  const { widthPx, heightPx, fps, sceneSec } = plan.knobs;
  const framePx = heightPx / SHEET_H;
  const width = widthPx / framePx;
  const pen = penOf(plan, scene, 'news', width);
  const { ctx } = pen;
  const { layout, cap } = scene;
  const hue = [4, 215, 275][layout.style] ?? 4;
  const strong = hsl(hue, 0.78, 0.4);
  const face = { family: layout.family === 'mono' ? ('sans' as const) : layout.family, bold: true };
  const strip = cap * 2.1;
  const bottom = SHEET_H - 6 - layout.roomy01 * 5;
  const stripY = bottom - strip;
  const headY = stripY - cap * 2.5;
  plate(ctx, { x: 0, y: headY, w: width, h: cap * 2.5 }, [246, 246, 248], 0, [216, 218, 224]);
  plate(ctx, { x: 0, y: headY, w: cap * 0.7, h: cap * 2.5 }, strong);
  const headline = pen.one('headline');
  pen.text(headline, cap * 1.4, headY + cap * 1.8, { face, cap: cap * 1.12, ink: hsl(hue, 0.4, 0.12), paper: [232, 233, 237], within: width - cap * 2.4 });
  const dark = hsl(hue, 0.35, 0.11);
  plate(ctx, { x: 0, y: stripY, w: width, h: strip }, mix(dark, WHITE, 0.07), 0, dark);
  const tag = pen.measure('NEWS', face, cap) + cap * 1.2;
  plate(ctx, { x: 0, y: stripY, w: tag, h: strip }, mix(strong, WHITE, 0.1), 0, mix(strong, BLACK, 0.15));
  pen.text('NEWS', tag / 2, stripY + cap * 1.55, { face, cap, ink: WHITE, paper: strong, align: 'center' });
  const clock = pen.one('clock');
  const clockWide = pen.measure(clock.text, face, cap) + cap * 1.2;
  plate(ctx, { x: width - clockWide, y: stripY, w: clockWide, h: strip }, [250, 250, 250]);
  pen.text(clock, width - clockWide / 2, stripY + cap * 1.55, { face, cap, ink: [20, 20, 24], paper: WHITE, align: 'center' });
  const channel = pen.one('channel');
  const logo = pen.measure(channel.text, face, cap) + cap * 2.2;
  const logoX = layout.x01 < 0.5 ? 7 : width - logo - 7;
  raised(pen, { x: logoX, y: 7, w: logo, h: cap * 2 }, strong, cap, mix(strong, BLACK, 0.25), 1.5);
  disc(ctx, logoX + cap * 0.95, 7 + cap, cap * 0.42, css(WHITE));
  pen.text(channel, logoX + cap * 1.6, 7 + cap * 1.5, { face, cap, ink: WHITE, paper: strong });
  const still: Layer = {
    ...cutOut(wordsOf(ctx.canvas)),
    texts: pen.texts,
    cover: [0, headY * framePx, widthPx, bottom * framePx],
  };
  const scroll = message(plan, scene, face, [tag, width - clockWide], stripY + cap * 1.55, dark, fps * sceneSec);
  return { still, scroll };
} // prettier-ignore

/** Set so wide that the window never shows all of it; it runs from its first letter to its last. */
function message(
  plan: TownPlan,
  scene: ScenePlan,
  face: { family: 'sans' | 'serif' | 'mono'; bold: boolean },
  [from, to]: readonly [number, number],
  base: number,
  paper: readonly [number, number, number],
  frames: number,
): Scroll {
  const framePx = plan.knobs.heightPx / SHEET_H;
  const measure = penOf(plan, scene, 'measure', 8);
  const field = measure.one('scroll');
  const book = { ...face, bold: false };
  const natural = measure.measure(field.text, book, scene.cap);
  const cap = scene.cap * Math.max(1, Math.min(1.45, ((to - from) * 1.25) / natural));
  const wide = measure.measure(field.text, book, cap) + 4;
  const pen = penOf(plan, scene, 'scroll', Math.ceil(wide / 64) * 64);
  pen.text(field, 2, base + (cap - scene.cap) / 2, { face: book, cap, ink: WHITE, paper });
  const [fromPx, toPx] = [even(from * framePx), even(to * framePx)];
  const run = Math.round(Math.max(wide * framePx - (toPx - fromPx), 0)) + Math.round(4 * framePx);
  const start = fromPx + 2 * framePx;
  return {
    ...cutOut(wordsOf(pen.ctx.canvas)),
    texts: pen.texts,
    cover: [0, 0, 0, 0],
    fromPx,
    toPx,
    leftPx: Array.from({ length: frames }, (_, frame) =>
      even(start - (run * frame) / Math.max(1, frames - 1)),
    ),
  };
}

/** The card of a brief notice: a coloured square, what it is about, and the text. */
export function noticeCard(plan: TownPlan, scene: ScenePlan): Layer | null {
  const { notice, cap, layout } = scene;
  if (notice === null) return null;
  const [caption, text] = notice.fields;
  if (caption === undefined || text === undefined) throw new Error('a notice has a caption and a text');
  const { widthPx, heightPx } = plan.knobs;
  const framePx = heightPx / SHEET_H;
  const width = widthPx / framePx;
  const pen = penOf(plan, scene, 'notice', width);
  const face = { family: 'sans' as const, bold: false };
  const bold = { family: 'sans' as const, bold: true };
  const icon = cap * 2.6;
  const w = Math.max(pen.measure(caption.text, face, cap), pen.measure(text.text, bold, cap * 1.2)) + icon + cap * 2.6;
  const h = cap * 4.8;
  const x = (width - w) * (0.25 + layout.x01 * 0.5);
  const y = notice.low && scene.kind !== 'news ticker' ? SHEET_H - h - 7 : 6;
  const dark = layout.style === 1;
  const paper = dark ? ([34, 36, 42] as const) : ([250, 250, 252] as const);
  const ink = dark ? WHITE : ([18, 20, 26] as const);
  raised(pen, { x, y, w, h }, paper, cap * 0.7, mix(paper, BLACK, 0.04), 3);
  const colour = hsl((scene.texture % 36) * 10, 0.65, 0.48);
  plate(pen.ctx, { x: x + cap * 0.8, y: y + (h - icon) / 2, w: icon, h: icon }, mix(colour, WHITE, 0.15), cap * 0.5, colour);
  disc(pen.ctx, x + cap * 0.8 + icon / 2, y + h / 2, icon * 0.24, css(WHITE, 0.92));
  const left = x + icon + cap * 1.5;
  pen.text(caption, left, y + cap * 1.75, { face, cap: cap * 0.95, ink: mix(ink, paper, 0.25), paper });
  pen.text(text, left, y + cap * 3.85, { face: bold, cap: cap * 1.2, ink, paper });
  const cover: BoxPx = [x * framePx, y * framePx, (x + w) * framePx, (y + h) * framePx];
  return { ...cutOut(wordsOf(pen.ctx.canvas)), texts: pen.texts, cover };
} // prettier-ignore

function even(px: number): number {
  return 2 * Math.round(px / 2);
}
