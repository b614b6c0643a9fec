import type { SKRSContext2D } from '@napi-rs/canvas';
import type { Field } from '../../domain/town/contents.js';
import type { Quad } from '../../domain/town/geometry.js';
import type { ScenePlan } from '../../domain/town/plan.js';
import { SHEET_H } from '../../domain/town/plan.js';
import type { RandomStream } from '../../domain/seeds.js';
import type { Rgb } from './colour.js';
import { css, mix } from './colour.js';
import type { Face } from './fonts.js';
import { townFont } from './fonts.js';
import { measured } from './ruler.js';

/** A text that has been drawn, and where its ink is. */
export interface DrawnText {
  readonly field: Field;
  readonly quad: Quad;
  /** Left and right end of each word, as shares of the text's width. */
  readonly words: readonly (readonly [number, number])[];
  /** Height of a capital in pixels of the frame at zoom 1. */
  readonly capPx: number;
}

export interface Lettering {
  readonly face: Face;
  readonly cap: number;
  readonly ink: Rgb;
  /** What the ink lies on: less contrast brings the two together. */
  readonly paper: Rgb;
  readonly align?: 'left' | 'center' | 'right';
  /** Most that the text may take up; it is set smaller where it would take more. */
  readonly within?: number;
  readonly glow?: Rgb;
}

/** Draws a scene's sheet (SHEET_H units high, `width` wide) and remembers every text that it draws. */
export class Pen {
  readonly texts: DrawnText[] = [];
  readonly height = SHEET_H;

  constructor(
    readonly ctx: SKRSContext2D,
    readonly plan: ScenePlan,
    /** Units of the sheet that are seen at zoom 1, and how far it goes on beyond on each side. */
    readonly width: number,
    private readonly rims: { readonly x: number; readonly y: number },
    /** Canvas pixels a unit, and frame pixels a unit. */
    readonly scale: number,
    readonly framePx: number,
    readonly contrast: number,
    readonly random: RandomStream,
  ) {}

  /** Units that the sheet goes on beyond the frame on each side, rounded up. */
  get rim(): number {
    return Math.ceil(Math.max(this.rims.x, this.rims.y));
  }

  one(role: string): Field {
    const field = this.plan.fields.find((other) => other.role === role && other.row === null);
    if (field === undefined) throw new Error(`a ${this.plan.kind} has no ${role}`);
    return field;
  }

  /** The fields of a role that stands in rows, from the top. */
  rows(role: string): readonly Field[] {
    return this.plan.fields.filter((field) => field.role === role && field.row !== null);
  }

  measure(text: string, face: Face, cap: number): number {
    return measured(text, face).width * cap;
  }

  /** Writes a text with its base line at y; gives back the width that it took. */
  text(field: Field | string, x: number, y: number, lettering: Lettering): number {
    const { ctx } = this;
    const { face, ink, paper, align = 'left', within, glow } = lettering;
    const known: Field =
      typeof field === 'string' ? { role: 'caption', row: null, text: field, mark: null } : field;
    const size = measured(known.text, face);
    const cap = Math.min(lettering.cap, (within ?? Infinity) / size.width);
    const width = size.width * cap;
    const start = align === 'left' ? x : align === 'center' ? x - width / 2 : x - width;
    ctx.font = townFont(face, cap);
    ctx.fillStyle = css(mix(paper, ink, this.contrast));
    if (glow !== undefined) {
      ctx.shadowColor = css(glow, 0.9);
      ctx.shadowBlur = cap * 0.9 * this.scale;
      ctx.fillText(known.text, start, y);
      ctx.shadowBlur = 0;
      ctx.shadowColor = 'transparent';
    }
    ctx.fillText(known.text, start, y);
    const [left, right] = [start - size.left * cap, start + size.right * cap];
    const quad = this.quadOf(left, y - size.ascent * cap, right, y + size.descent * cap);
    const share = (end: number): number =>
      Math.round(Math.min(1, Math.max(0, (start + end * cap - left) / (right - left))) * 1000) / 1000;
    this.texts.push({
      field: known,
      quad,
      words: size.words.length === 1 ? [[0, 1]] : size.words.map(([from, to]) => [share(from), share(to)]),
      capPx: Math.round(cap * this.framePx * this.localScale() * 10) / 10,
    });
    return width;
  }

  /** Moves to furniture of `w × h` where the layout wants it (smaller where it does not fit), and draws it from (0, 0). */
  furniture(w: number, h: number, draw: () => void, inset = 7): void {
    const { ctx, plan } = this;
    const fit = Math.min(1, (this.width - 2 * inset) / w, (this.height - 2 * inset) / h);
    const x = inset + (this.width - 2 * inset - w * fit) * plan.layout.x01;
    const y = inset + (this.height - 2 * inset - h * fit) * plan.layout.y01;
    ctx.save();
    ctx.translate(x, y);
    ctx.scale(fit, fit);
    draw();
    ctx.restore();
  }

  private localScale(): number {
    const { a, b } = this.ctx.getTransform();
    return Math.hypot(a, b) / this.scale;
  }

  private quadOf(x1: number, y1: number, x2: number, y2: number): Quad {
    const { a, b, c, d, e, f } = this.ctx.getTransform();
    const { scale, rims, width, height, framePx } = this;
    const corners: readonly (readonly [number, number])[] = [[x1, y1], [x2, y1], [x2, y2], [x1, y2]]; // prettier-ignore
    return corners.map(([x, y]) => [
      ((a * x + c * y + e) / scale - rims.x - width / 2) * framePx,
      ((b * x + d * y + f) / scale - rims.y - height / 2) * framePx,
    ]);
  }
}
