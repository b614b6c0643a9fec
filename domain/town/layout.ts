import type { RandomStream } from '../seeds.js';
import type { Split } from '../world/records.js';
import type { FontFamily } from '../world/scene.js';
import { splitOf } from '../world/splits.js';
import type { Kind } from './kinds.js';

/** Ways in which each kind is drawn: materials, arrangement. */
export const STYLES = 3;

/** How a scene is arranged: what the split by layout is about. */
export interface TownLayout {
  readonly kind: Kind;
  /** 0 to STYLES − 1. */
  readonly style: number;
  readonly family: FontFamily;
  readonly bold: boolean;
  /** Where in the room that is left over its furniture stands, 0 left or top to 1 right or bottom. */
  readonly x01: number;
  readonly y01: number;
  /** How large the furniture is beyond what its texts need, 0 to 1. */
  readonly roomy01: number;
}

/** A layout of `kind` that belongs to `split`: drawn until one does. */
export function drawTownLayout(random: RandomStream, kind: Kind, split: Split): TownLayout {
  for (;;) {
    const layout: TownLayout = {
      kind,
      style: random.int(0, STYLES),
      family: random.pick(['sans', 'serif', 'mono', 'sans']),
      bold: random.float() < 0.4,
      x01: random.float(),
      y01: random.float(),
      roomy01: random.float(),
    };
    if (splitOf('layout', townLayoutName(layout)) === split) return layout;
  }
}

/** The quantised layout: kind, style, font, place in a grid of 4 × 4, size in 3 steps. Splits never share one. */
export function townLayoutName(layout: TownLayout): string {
  const { kind, style, family, bold, x01, y01, roomy01 } = layout;
  const cells = [Math.floor(x01 * 4), Math.floor(y01 * 4), Math.floor(roomy01 * 3)];
  return ['town', kind, style, family, bold ? 'bold' : 'book', ...cells].join('.');
}
