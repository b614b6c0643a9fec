import type { SKRSContext2D } from '@napi-rs/canvas';
import type { SceneLook } from '../../domain/world/scene.js';
import { HEIGHT_PX, WIDTH_PX } from '../../domain/world/scene.js';
import { stream } from '../../domain/seeds.js';
import { css, disc, fillRect } from './shapes.js';

/** Fills the canvas, and the rim that the pan needs, with a gradient and a quiet texture over it. */
export function drawBackdrop(ctx: SKRSContext2D, backdrop: SceneLook['backdrop'], rimPx: number): void {
  const random = stream('backdrop', backdrop.texture);
  const reach = WIDTH_PX / 2;
  const dx = Math.cos(backdrop.angleRad) * reach;
  const dy = Math.sin(backdrop.angleRad) * reach;
  const [cx, cy] = [WIDTH_PX / 2, HEIGHT_PX / 2];
  const gradient = ctx.createLinearGradient(cx - dx, cy - dy, cx + dx, cy + dy);
  gradient.addColorStop(0, css(backdrop.from));
  gradient.addColorStop(1, css(backdrop.to));
  ctx.fillStyle = gradient;
  ctx.fillRect(-rimPx, -rimPx, WIDTH_PX + 2 * rimPx, HEIGHT_PX + 2 * rimPx);
  const shade = (): string => css(random.float() < 0.5 ? backdrop.from : backdrop.to, random.int(-12, 13));
  switch (backdrop.style) {
    case 'gradient':
      return;
    case 'stripes': {
      const width = random.int(6, 22);
      for (let x = -rimPx; x < WIDTH_PX + rimPx; x += 2 * width) {
        fillRect(ctx, { x, y: -rimPx, w: width, h: HEIGHT_PX + 2 * rimPx }, shade());
      }
      return;
    }
    case 'discs':
      for (let n = 0; n < 14; n++)
        disc(ctx, random.int(0, WIDTH_PX), random.int(0, HEIGHT_PX), random.int(5, 24), shade());
      return;
    case 'blocks':
      for (let n = 0; n < 14; n++) {
        const rect = {
          x: random.int(-20, WIDTH_PX),
          y: random.int(-20, HEIGHT_PX),
          w: random.int(10, 70),
          h: random.int(8, 50),
        };
        fillRect(ctx, rect, shade());
      }
      return;
    default:
      backdrop.style satisfies never;
  }
}
