import type { BoxPx } from '../../domain/town/geometry.js';
import type { ScenePlan, TownPlan } from '../../domain/town/plan.js';
import { stream } from '../../domain/seeds.js';
import { BLACK, css, hsl, mix } from './colour.js';
import type { Words } from './picture.js';
import { canvasFor, wordsOf } from './picture.js';

/** Somebody or something that passes close to the camera: dark, out of focus. */
export interface PasserSprite {
  readonly words: Words;
  /** Left edge of the sprite and what it hides, in each encoded frame. */
  readonly at: readonly { readonly xPx: number; readonly cover: BoxPx }[];
}

export function drawPasser(plan: TownPlan, scene: ScenePlan): PasserSprite | null {
  const { passer } = scene;
  if (passer === null) return null;
  const { widthPx, heightPx } = plan.knobs;
  const wide = Math.round(passer.width * heightPx);
  const rim = Math.ceil(heightPx * 0.05);
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
  if (passer.shape === 'person') {
    ctx.ellipse(rim + wide / 2, top + wide * 0.3, wide * 0.24, wide * 0.32, 0, 0, 7);
    ctx.roundRect(rim, top + wide * 0.6, wide, heightPx, wide * 0.35);
  } else if (passer.shape === 'pole') {
    ctx.rect(rim, top, wide, heightPx * 1.2);
  } else {
    ctx.roundRect(rim, top + heightPx * 0.16, wide, heightPx, heightPx * 0.07);
    ctx.roundRect(rim + wide * 0.16, top, wide * 0.62, heightPx * 0.5, heightPx * 0.09);
  }
  ctx.fill();
  ctx.shadowBlur = 0;
  ctx.shadowColor = 'transparent';
  const words = wordsOf(canvas);
  const frames = scene.path.length;
  const soft = heightPx * 0.02;
  const at = scene.path.map((_, frame) => {
    const share = (frame + 0.5) / frames;
    const middle = widthPx / 2 + (passer.fromX + (passer.toX - passer.fromX) * share) * heightPx;
    const left = Math.round(middle - wide / 2);
    const cover: BoxPx = [left - soft, top - soft, left + wide + soft, heightPx];
    return { xPx: left - rim, cover };
  });
  return { words: { ...words, data: Uint32Array.from(words.data) }, at };
}
