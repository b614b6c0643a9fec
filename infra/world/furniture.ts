import type { SKRSContext2D } from '@napi-rs/canvas';
import type { RectPx, Scene } from '../../domain/world/scene.js';
import { HEIGHT_PX, WIDTH_PX } from '../../domain/world/scene.js';
import { css, disc, fillRect, inset } from './shapes.js';

/** Draws what bears the plates: the silhouette by which a thumbnail tells the kind. `plates` are in place already. */
export function drawFurniture(ctx: SKRSContext2D, scene: Scene, plates: readonly RectPx[]): void {
  const { layout, look } = scene;
  const { body } = layout;
  switch (layout.kind) {
    case 'sign': {
      const plate = plates[0] ?? body;
      fillRect(
        ctx,
        { x: plate.x + plate.w / 2 - 5, y: plate.y, w: 10, h: HEIGHT_PX + 8 - plate.y },
        css(look.trim),
      );
      fillRect(ctx, inset(plate, -5), css(look.trim), 5);
      return;
    }
    case 'poster':
      fillRect(ctx, { ...body, x: body.x + 4, y: body.y + 4 }, 'rgba(0, 0, 0, 0.35)');
      fillRect(ctx, body, css(look.body));
      return;
    case 'phone':
      fillRect(ctx, body, 'rgb(18, 18, 20)', 12);
      fillRect(ctx, { x: body.x + 8, y: body.y + 9, w: body.w - 16, h: body.h - 24 }, css(look.body), 3);
      fillRect(
        ctx,
        { x: body.x + body.w / 2 - 12, y: body.y + body.h - 10, w: 24, h: 4 },
        'rgb(120, 120, 120)',
        2,
      );
      return;
    case 'ticket':
      drawTicket(ctx, scene);
      return;
    case 'slide':
      fillRect(ctx, body, css(look.body));
      fillRect(ctx, { ...body, h: 18 }, css(look.accent, 20));
      return;
    case 'board':
      fillRect(ctx, body, 'rgb(212, 206, 194)', 3);
      fillRect(ctx, inset(body, 5), css(look.body));
      return;
    case 'menu':
      fillRect(ctx, body, css(look.body), 4);
      fillRect(ctx, { ...body, w: 27 }, 'rgb(26, 24, 24)', 4);
      fillRect(ctx, { x: body.x + 42, y: body.y + 5, w: body.w - 57, h: 3 }, css(look.body, -70));
      fillRect(ctx, { x: body.x + 42, y: body.y + body.h - 7, w: body.w - 57, h: 3 }, css(look.body, -70));
      return;
    case 'panel':
      fillRect(ctx, { x: -4, y: body.y, w: WIDTH_PX + 8, h: body.h }, css(look.body));
      fillRect(ctx, { x: -4, y: body.y, w: WIDTH_PX + 8, h: 7 }, 'rgb(14, 14, 16)');
      fillRect(ctx, { x: -4, y: body.y + body.h - 4, w: WIDTH_PX + 8, h: 4 }, 'rgb(14, 14, 16)');
      return;
    default:
      layout.kind satisfies never;
  }
}

/** A card with a torn-off line and a stub of bars, at the right unless mirrored. */
function drawTicket(ctx: SKRSContext2D, { layout: { body, mirrored }, look }: Scene): void {
  fillRect(ctx, body, css(look.body, 24), 4);
  const line = mirrored ? body.x + 36 : body.x + body.w - 36;
  const stub = mirrored ? body.x : line;
  for (let y = body.y + 3; y < body.y + body.h - 4; y += 8)
    fillRect(ctx, { x: line - 1, y, w: 2, h: 4 }, css(look.body, -90));
  for (let bar = 0; bar < 3; bar++) {
    fillRect(ctx, { x: stub + 7 + bar * 9, y: body.y + 7, w: 5, h: body.h - 14 }, 'rgb(24, 24, 26)');
  }
  disc(ctx, line, body.y, 5, css(look.backdrop.from));
  disc(ctx, line, body.y + body.h, 5, css(look.backdrop.from));
}
