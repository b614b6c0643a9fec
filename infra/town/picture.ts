import type { Canvas } from '@napi-rs/canvas';
import { createCanvas } from '@napi-rs/canvas';

/** A picture as the film's arithmetic wants it: one 32-bit word a pixel (red in the low byte), colours premultiplied. */
export interface Words {
  readonly data: Uint32Array;
  readonly widthPx: number;
  readonly heightPx: number;
}

/** The canvas's pixels: a view where the machine allows it, so use them before the canvas is drawn on again. */
export function wordsOf(canvas: Canvas): Words {
  const bytes = canvas.data();
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : Uint8Array.from(bytes);
  const data = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.byteLength >> 2);
  return { data, widthPx: canvas.width, heightPx: canvas.height };
}

const canvases = new Map<string, Canvas>();

/** One canvas for each use and size; a town has few. */
export function canvasFor(use: string, widthPx: number, heightPx: number): Canvas {
  const key = `${use} ${widthPx} ${heightPx}`;
  const known = canvases.get(key);
  if (known !== undefined) {
    const ctx = known.getContext('2d');
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, widthPx, heightPx);
    return known;
  }
  if (canvases.size > 24) canvases.clear();
  const canvas = createCanvas(widthPx, heightPx);
  canvases.set(key, canvas);
  return canvas;
}
