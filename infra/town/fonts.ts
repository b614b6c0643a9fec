import { createRequire } from 'node:module';
import path from 'node:path';
import { GlobalFonts } from '@napi-rs/canvas';
import type { FontFamily } from '../../domain/world/scene.js';
import { canvasFont } from '../world/fonts.js';

export interface Face {
  readonly family: FontFamily | 'hand';
  readonly bold?: boolean;
}

const HAND = 'Ruminate hand';
const HAND_FILE = 'files/patrick-hand-latin-400-normal.woff';
/** Height of a capital of Patrick Hand over the size of the font. */
const HAND_CAP = 0.68;

let hasHand = false;

/** A canvas font whose capitals are `cap` units high, from files that come with packages. */
export function townFont({ family, bold = false }: Face, cap: number): string {
  if (family !== 'hand') return canvasFont({ family, bold }, cap);
  if (!hasHand) {
    const require = createRequire(import.meta.url);
    const manifest = require.resolve('@fontsource/patrick-hand/package.json');
    GlobalFonts.registerFromPath(path.join(path.dirname(manifest), HAND_FILE), HAND);
    hasHand = true;
  }
  return `${(cap / HAND_CAP).toFixed(2)}px "${HAND}"`;
}
