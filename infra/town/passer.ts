import type { SKRSContext2D } from '@napi-rs/canvas';
import type { BoxPx } from '../../domain/town/geometry.js';
import type { Passer, ScenePlan, TownPlan } from '../../domain/town/plan.js';
import { stream } from '../../domain/seeds.js';
import type { Cel } from './cel.js';
import { cutOut } from './cel.js';
import { BLACK, css, hsl, mix } from './colour.js';
import type { Rect } from './paint.js';
import { canvasFor, wordsOf } from './picture.js';

/** Somebody or something that passes close to the camera: dark, out of focus. */
export interface PasserSprite {
  readonly cel: Cel;
  readonly yPx: number;
  /** Left edge of the sprite (even) and what it hides, in each encoded frame. */
  readonly at: readonly { readonly xPx: number; readonly cover: BoxPx }[];
}

export function drawPasser(plan: TownPlan, scene: ScenePlan): PasserSprite | null {
  const { passer } = scene;
  if (passer === null) return null;
  const { widthPx, heightPx } = plan.knobs;
  const wide = Math.round(passer.width * heightPx);
  const rim = 2 * Math.ceil(heightPx * 0.025);
  const canvas = canvasFor('passer', wide + 2 * rim, heightPx);
  const ctx = canvas.getContext('2d');
  const random = stream('town passer', scene.texture);
  const colour = hsl(random.int(0, 360), 0.25, 0.12 + random.float() * 0.1);
  const slope = ctx.createLinearGradient(rim, 0, rim + wide, 0);
  slope.addColorStop(0, css(mix(colour, BLACK, 0.4)));
  slope.addColorStop(0.35, css(mix(colour, [255, 255, 255], 0.12)));
  slope.addColorStop(1, css(mix(colour, BLACK, 0.5)));
  ctx.fillStyle = slope;
  ctx.shadowColor = css(colour);
  ctx.shadowBlur = heightPx * 0.03;
  const top = { person: 0.16, pole: -0.05, car: 0.56 }[passer.shape] * heightPx;
  ctx.beginPath();
  silhouette(ctx, passer.shape, { x: rim, y: top, w: wide, h: heightPx });
  ctx.fill();
  ctx.shadowBlur = 0;
  ctx.shadowColor = 'transparent';
  if (passer.shape === 'car') windows(ctx, { x: rim, y: top, w: wide, h: heightPx });
  const { cel, xPx, yPx } = cutOut(wordsOf(canvas));
  const frames = scene.path.length;
  const soft = heightPx * 0.02;
  const at = scene.path.map((_, frame) => {
    const share = (frame + 0.5) / frames;
    const middle = widthPx / 2 + (passer.fromX + (passer.toX - passer.fromX) * share) * heightPx;
    const left = 2 * Math.round((middle - wide / 2) / 2);
    const cover: BoxPx = [left - soft, top - soft, left + wide + soft, heightPx];
    return { xPx: left - rim + xPx, cover };
  });
  return { cel, yPx, at };
}

/** What it looks like against the light. */
function silhouette(ctx: SKRSContext2D, shape: Passer['shape'], { x, y, w, h }: Rect): void {
  switch (shape) {
    case 'person': {
      const middle = x + w / 2;
      const shoulder = y + w * 0.78;
      ctx.ellipse(middle, y + w * 0.29, w * 0.2, w * 0.27, 0, 0, 7);
      ctx.moveTo(middle - w * 0.1, y + w * 0.3);
      ctx.bezierCurveTo(middle - w * 0.1, shoulder, x, y + w * 0.6, x, shoulder + w * 0.4);
      ctx.bezierCurveTo(x - w * 0.03, h * 0.9, x + w * 0.06, h, x + w * 0.06, h * 1.1);
      ctx.lineTo(x + w * 0.94, h * 1.1);
      ctx.bezierCurveTo(x + w * 0.94, h, x + w * 1.03, h * 0.9, x + w, shoulder + w * 0.4);
      ctx.bezierCurveTo(x + w, y + w * 0.6, middle + w * 0.1, shoulder, middle + w * 0.1, y + w * 0.3);
      ctx.closePath();
      return;
    }
    case 'pole':
      ctx.rect(x, y, w, h * 1.2);
      return;
    case 'car':
      ctx.moveTo(x, h * 1.1);
      ctx.lineTo(x, y + h * 0.24);
      ctx.bezierCurveTo(x, y + h * 0.17, x + w * 0.08, y + h * 0.16, x + w * 0.14, y + h * 0.15);
      ctx.bezierCurveTo(x + w * 0.24, y, x + w * 0.3, y, x + w * 0.4, y);
      ctx.lineTo(x + w * 0.66, y);
      ctx.bezierCurveTo(x + w * 0.76, y, x + w * 0.8, y + h * 0.1, x + w * 0.86, y + h * 0.15);
      ctx.bezierCurveTo(x + w, y + h * 0.17, x + w, y + h * 0.2, x + w, y + h * 0.26);
      ctx.lineTo(x + w, h * 1.1);
      return;
    default:
      shape satisfies never;
  }
}

function windows(ctx: SKRSContext2D, { x, y, w, h }: Rect): void {
  ctx.fillStyle = 'rgba(150, 175, 200, 0.55)';
  ctx.beginPath();
  ctx.roundRect(x + w * 0.27, y + h * 0.03, w * 0.22, h * 0.11, h * 0.02);
  ctx.roundRect(x + w * 0.52, y + h * 0.03, w * 0.22, h * 0.11, h * 0.02);
  ctx.fill();
}
