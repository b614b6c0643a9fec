import { createRequire } from 'node:module';
import path from 'node:path';
import { GlobalFonts } from '@napi-rs/canvas';
import type { FontFamily } from '../../domain/world/scene.js';

const FILES: Readonly<Record<FontFamily, readonly [book: string, bold: string]>> = {
  sans: ['DejaVuSans.ttf', 'DejaVuSans-Bold.ttf'],
  mono: ['DejaVuSansMono.ttf', 'DejaVuSansMono-Bold.ttf'],
  serif: ['DejaVuSerif.ttf', 'DejaVuSerif-Bold.ttf'],
};

/** Height of a capital over the size of the font, the same in all DejaVu faces. */
const CAP_HEIGHT = 0.729;

let registered = false;

/** A canvas font for capitals of about `capPx`, from the files of `dejavu-fonts-ttf`, never the system's. */
export function canvasFont(font: { family: FontFamily; bold: boolean }, capPx: number): string {
  registerOnce();
  return `${(capPx / CAP_HEIGHT).toFixed(2)}px "${alias(font.family, font.bold)}"`;
}

function registerOnce(): void {
  if (registered) return;
  const folder = path.join(
    path.dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')),
    'ttf',
  );
  for (const family of ['sans', 'mono', 'serif'] as const) {
    const [book, bold] = FILES[family];
    GlobalFonts.registerFromPath(path.join(folder, book), alias(family, false));
    GlobalFonts.registerFromPath(path.join(folder, bold), alias(family, true));
  }
  registered = true;
}

/** Names of our own: a machine may have another version of the same family. */
function alias(family: FontFamily, bold: boolean): string {
  return `Ruminate ${family} ${bold ? 'bold' : 'book'}`;
}
