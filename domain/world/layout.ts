import type { RandomStream } from '../seeds.js';
import { drawGeometry } from './geometry.js';
import type { Split } from './records.js';
import type { FontFamily, SceneLayout } from './scene.js';
import { splitOf } from './splits.js';
import type { Kind } from './vocabulary.js';

const FAMILIES: readonly FontFamily[] = ['sans', 'mono', 'serif'];

/** A layout of `kind` that belongs to `split`: drawn until one does. */
export function drawLayout(random: RandomStream, kind: Kind, split: Split): SceneLayout {
  for (;;) {
    const capPx = kind === 'board' ? random.int(13, 16) : random.int(13, 18);
    const font = { family: random.pick(FAMILIES), bold: random.float() < 0.5, capPx };
    const layout = { kind, font, ...drawGeometry(random, kind, capPx) };
    if (splitOf('layout', layoutName(layout)) === split) return layout;
  }
}

/**
 * The quantised layout: kind, first plate's place in cells of 12×10 px, body's size in steps of 8 px, font.
 * Two scenes with the same name look alike; two splits never share one.
 */
export function layoutName(layout: SceneLayout): string {
  const slot = layout.rows[0]?.slot ?? layout.body;
  const cells = [slot.x / 12, slot.y / 10, layout.body.w / 8, layout.body.h / 8].map(Math.floor);
  const { family, bold } = layout.font;
  return [layout.kind, ...cells, family, bold ? 'bold' : 'book'].join('.');
}
