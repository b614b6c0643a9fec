import type { SKRSContext2D } from '@napi-rs/canvas';
import type { RectPx, Tone } from '../../domain/world/scene.js';
import type { Mark } from '../../domain/world/vocabulary.js';

/** A colour whose brightness (Rec. 601 luma) is the tone's, `change` levels off. */
export function css(tone: Tone, change = 0): string {
  const red = Math.cos(tone.hueRad) * tone.chroma;
  const blue = Math.sin(tone.hueRad) * tone.chroma;
  const green = -(0.299 * red + 0.114 * blue) / 0.587;
  const level = (offset: number): number =>
    Math.round(Math.min(255, Math.max(0, tone.luma + change + offset)));
  return `rgb(${level(red)}, ${level(green)}, ${level(blue)})`;
}

export function fillRect(ctx: SKRSContext2D, rect: RectPx, colour: string, radius = 0): void {
  ctx.fillStyle = colour;
  ctx.beginPath();
  ctx.roundRect(rect.x, rect.y, rect.w, rect.h, radius);
  ctx.fill();
}

export function inset(rect: RectPx, by: number): RectPx {
  return { x: rect.x + by, y: rect.y + by, w: rect.w - 2 * by, h: rect.h - 2 * by };
}

export function disc(ctx: SKRSContext2D, x: number, y: number, radius: number, colour: string): void {
  ctx.fillStyle = colour;
  ctx.beginPath();
  ctx.arc(x, y, radius, 0, 2 * Math.PI);
  ctx.fill();
}

/** Draws a mark so that it fills `rect`, which is a square. */
export function drawMark(ctx: SKRSContext2D, mark: Mark, rect: RectPx, colour: string): void {
  const size = rect.w;
  ctx.save();
  ctx.translate(rect.x + size / 2, rect.y + size / 2);
  ctx.fillStyle = colour;
  ctx.strokeStyle = colour;
  ctx.beginPath();
  outline(ctx, mark, size / 2);
  if (mark === 'ring') ctx.stroke();
  else ctx.fill();
  ctx.restore();
}

function outline(ctx: SKRSContext2D, mark: Mark, radius: number): void {
  switch (mark) {
    case 'star':
      for (let point = 0; point < 10; point++) {
        const reach = point % 2 === 0 ? radius : radius * 0.4;
        ctx.lineTo(Math.sin((point * Math.PI) / 5) * reach, -Math.cos((point * Math.PI) / 5) * reach);
      }
      return;
    case 'ring':
      ctx.lineWidth = radius * 0.42;
      ctx.arc(0, 0, radius * 0.79, 0, 2 * Math.PI);
      return;
    case 'box':
      ctx.rect(-radius, -radius, 2 * radius, 2 * radius);
      return;
    case 'tri':
      ctx.moveTo(0, -radius);
      ctx.lineTo(radius, radius);
      ctx.lineTo(-radius, radius);
      return;
    case 'plus': {
      const arm = radius * 0.32;
      ctx.rect(-arm, -radius, 2 * arm, 2 * radius);
      ctx.rect(-radius, -arm, radius - arm, 2 * arm);
      ctx.rect(arm, -arm, radius - arm, 2 * arm);
      return;
    }
    case 'moon':
      ctx.arc(0, 0, radius, Math.PI * 0.36, Math.PI * 1.64);
      ctx.quadraticCurveTo(
        -radius * 0.62,
        0,
        radius * Math.cos(Math.PI * 0.36),
        radius * Math.sin(Math.PI * 0.36),
      );
      return;
    default:
      mark satisfies never;
  }
}
