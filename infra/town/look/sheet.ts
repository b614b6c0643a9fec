import type { Canvas, SKRSContext2D } from '@napi-rs/canvas';
import { createCanvas } from '@napi-rs/canvas';
import type { Picture } from '../../../activities/ports.js';
import { DEFAULT_PICTURES } from '../../../domain/tools/pictures.js';
import { regionOf } from '../../tools/region.js';
import { canvasFont } from '../../world/fonts.js';
import type { Sight, Views } from './views.js';

const WIDTH = 1160;
const PAD = 16;
const OVERVIEW_W = 420;
const CLIP_W = 340;
const CROP_W = WIDTH - OVERVIEW_W - CLIP_W - 4 * PAD;
const INK = '#1c1f26';
const QUIET = '#667085';
const LIT = '#d92d8a';

/** A contact sheet, one band a question: the overview, then for each piece of evidence its frame and its box. */
export function contactSheet(all: readonly Views[]): Buffer {
  const measure = createCanvas(8, 8).getContext('2d');
  const bands = all.map((views) => bandOf(measure, views));
  const height = bands.reduce((sum, band) => sum + band.height, 0) + PAD;
  const canvas = createCanvas(WIDTH, Math.ceil(height));
  const ctx = canvas.getContext('2d');
  ctx.fillStyle = '#ffffff';
  ctx.fillRect(0, 0, WIDTH, height);
  let y = 0;
  for (const band of bands) {
    band.draw(ctx, y);
    y += band.height;
  }
  return canvas.toBuffer('image/png');
}

interface Band {
  readonly height: number;
  readonly draw: (ctx: SKRSContext2D, y: number) => void;
}

function bandOf(measure: SKRSContext2D, views: Views): Band {
  const { shown, overview, sights } = views;
  const lines = wrapped(measure, shown.question, 13, WIDTH - 2 * PAD);
  const head = PAD + lines.length * 21 + 26;
  const first = overview[0]?.picture;
  const aspect = first === undefined ? 16 / 9 : first.widthPx / first.heightPx;
  const columns = overview.length > 8 ? 6 : 4;
  const thumbW = Math.floor((OVERVIEW_W - (columns - 1) * 6) / columns);
  const thumbH = Math.round(thumbW / aspect);
  const clipH = Math.round(CLIP_W / aspect);
  const body = Math.max(Math.ceil(overview.length / columns) * (thumbH + 20), sights.length * (clipH + 26));
  const height = head + 22 + body + PAD;
  return {
    height,
    draw: (ctx, top) => {
      ctx.fillStyle = '#e4e7ec';
      ctx.fillRect(0, top, WIDTH, 1);
      for (const [at, line] of lines.entries()) say(ctx, line, PAD, top + PAD + 14 + at * 21, 13, INK, true);
      const about = [`answer: ${shown.answers.join(' / ')}`, shown.task, shown.video, shown.id];
      say(ctx, about.filter((part) => part !== null).join('   ·   '), PAD, top + head - 8, 9.5, QUIET);
      const y = top + head + 18;
      const { overview: small, clip } = DEFAULT_PICTURES;
      say(ctx, `overview · ${small.widthPx}×${small.heightPx}`, PAD, y - 6, 8.5, QUIET);
      const clipX = PAD * 2 + OVERVIEW_W;
      const cropX = clipX + PAD + CLIP_W;
      if (sights.length > 0) say(ctx, `clip · ${clip.widthPx}×${clip.heightPx}`, clipX, y - 6, 8.5, QUIET);
      if (sights.length > 0) say(ctx, 'crop · native pixels', cropX, y - 6, 8.5, QUIET);
      for (const [at, { sec, picture }] of overview.entries()) {
        const x = PAD + (at % columns) * (thumbW + 6);
        const ty = y + Math.floor(at / columns) * (thumbH + 20);
        ctx.imageSmoothingEnabled = false;
        ctx.drawImage(shrunk(picture, small.widthPx, small.heightPx), x, ty, thumbW, thumbH);
        const lit = shown.evidence.some((one) => sec >= one.startSec - 1e-6 && sec < one.endSec - 1e-6);
        if (lit) frame(ctx, x, ty, thumbW, thumbH, LIT, 2);
        say(ctx, `${trimmed(sec)} s`, x, ty + thumbH + 13, 8, lit ? LIT : QUIET);
      }
      for (const [at, sight] of sights.entries())
        drawSight(ctx, sight, clipX, cropX, y + at * (clipH + 26), clipH);
    },
  };
}

function drawSight(
  ctx: SKRSContext2D,
  sight: Sight,
  clipX: number,
  cropX: number,
  y: number,
  h: number,
): void {
  const { picture, box01, sec, text } = sight;
  const { clip } = DEFAULT_PICTURES;
  ctx.imageSmoothingEnabled = false;
  ctx.drawImage(shrunk(picture, clip.widthPx, clip.heightPx), clipX, y, CLIP_W, h);
  say(ctx, `${trimmed(sec)} s`, clipX, y + h + 14, 8, QUIET);
  // A whole frame as a crop would show nothing new.
  if (box01 === null || box01.every((side, at) => side === (at < 2 ? 0 : 1))) return;
  const [x1, y1, x2, y2] = box01;
  frame(ctx, clipX + x1 * CLIP_W - 2, y + y1 * h - 2, (x2 - x1) * CLIP_W + 4, (y2 - y1) * h + 4, LIT, 1.5);
  const region = regionOf(box01, picture.widthPx, picture.heightPx);
  // A little of what is around, as a policy's crop would have.
  const rim = Math.round(region.h * 0.25);
  const left = Math.max(0, region.x - rim);
  const top = Math.max(0, region.y - rim);
  const w = Math.min(picture.widthPx - left, region.w + 2 * rim);
  const tall = Math.min(picture.heightPx - top, region.h + 2 * rim);
  const scale = Math.min(CROP_W / w, h / tall, 6);
  ctx.drawImage(canvasOf(picture), left, top, w, tall, cropX, y, w * scale, tall * scale);
  frame(ctx, cropX, y, w * scale, tall * scale, '#98a2b3', 1);
  const said = text === null ? '' : `“${text}”   `;
  say(
    ctx,
    `${said}${region.w}×${region.h} px, shown ×${scale.toFixed(1)}`,
    cropX,
    y + tall * scale + 14,
    8,
    QUIET,
  );
}

/** The picture at the size at which a policy sees it; the canvas's own filter averages when it shrinks by steps. */
function shrunk(picture: Picture, widthPx: number, heightPx: number): Canvas {
  let canvas = canvasOf(picture);
  while (canvas.width > widthPx || canvas.height > heightPx) {
    const w = Math.max(widthPx, Math.ceil(canvas.width / 2));
    const h = Math.max(heightPx, Math.ceil(canvas.height / 2));
    const next = createCanvas(w, h);
    const ctx = next.getContext('2d');
    ctx.imageSmoothingEnabled = true;
    ctx.imageSmoothingQuality = 'high';
    ctx.drawImage(canvas, 0, 0, w, h);
    canvas = next;
  }
  return canvas;
}

function canvasOf({ widthPx, heightPx, channels, data }: Picture): Canvas {
  const canvas = createCanvas(widthPx, heightPx);
  const ctx = canvas.getContext('2d');
  const image = ctx.createImageData(widthPx, heightPx);
  for (let at = 0; at < widthPx * heightPx; at++) {
    for (let colour = 0; colour < 3; colour++)
      image.data[at * 4 + colour] = data[at * channels + (channels === 3 ? colour : 0)] ?? 0;
    image.data[at * 4 + 3] = 255;
  }
  ctx.putImageData(image, 0, 0);
  return canvas;
}

function frame(
  ctx: SKRSContext2D,
  x: number,
  y: number,
  w: number,
  h: number,
  colour: string,
  width: number,
): void {
  ctx.strokeStyle = colour;
  ctx.lineWidth = width;
  ctx.strokeRect(x, y, w, h);
}

function say(
  ctx: SKRSContext2D,
  text: string,
  x: number,
  y: number,
  cap: number,
  colour: string,
  bold = false,
): void {
  ctx.font = canvasFont({ family: 'sans', bold }, cap * 0.82);
  ctx.fillStyle = colour;
  ctx.fillText(text, x, y, WIDTH - x - PAD / 2);
}

function wrapped(ctx: SKRSContext2D, text: string, cap: number, widthPx: number): readonly string[] {
  ctx.font = canvasFont({ family: 'sans', bold: true }, cap * 0.82);
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const longer = `${lines.at(-1) ?? ''} ${word}`.trim();
    if (lines.length > 0 && ctx.measureText(longer).width <= widthPx) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

function trimmed(sec: number): string {
  return String(Math.round(sec * 100) / 100);
}
