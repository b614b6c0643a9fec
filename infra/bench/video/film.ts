import { createCanvas, type SKRSContext2D } from '@napi-rs/canvas';
import { stream, type RandomStream } from '../../../domain/seeds.js';
import { yuv420p } from '../../video/luma.js';
import { canvasFont } from '../../world/fonts.js';
import { BITS, drawNumber } from './frame-number.js';

/** What the bench's videos show: boards full of text under a camera that drifts, a ticker that runs, a cut now and then. */
export interface Film {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly fps: number;
  /** Different frames; a longer file repeats them. */
  readonly frames: number;
  readonly scenes: number;
}

/** A minute and an hour are made of the same 60 s. Not a multiple of a group of pictures: cuts fall anywhere in one. */
export const FILM: Film = { widthPx: 1920, heightPx: 1080, fps: 25, frames: 1500, scenes: 7 };

if (FILM.frames > 2 ** BITS) throw new RangeError('a frame number has too few bits');

const RIM_PX = 96;
const TICKER = 1 / 12;
const TICKER_STEP_PX = 4;
/** Peak of the grain, in levels of luma: a camera's noise, which an encoder must carry. */
const GRAIN = 2;

/** Its frames as planar YUV 4:2:0, video range, in order. A frame's bytes are only good until the next is asked for. */
export function* shoot(film: Film): Generator<Uint8Array> {
  const { widthPx, heightPx, frames, scenes } = film;
  const grain = grainTable();
  const out = new Uint8Array((widthPx * heightPx * 3) / 2);
  const perScene = Math.ceil(frames / scenes);
  let scene = drawScene(film, 0);
  for (let frame = 0; frame < frames; frame++) {
    const at = frame % perScene;
    if (at === 0 && frame > 0) scene = drawScene(film, frame / perScene);
    // A slow ellipse, in whole chroma samples.
    const angle = (2 * Math.PI * at) / perScene;
    const x = 2 * Math.round((RIM_PX / 4) * (1 + Math.cos(angle)));
    const y = 2 * Math.round((RIM_PX / 4) * (1 + Math.sin(angle)));
    copyWindow(scene.board, x, y, out, widthPx, heightPx, 0, heightPx);
    const tickerPx = even(heightPx * TICKER);
    const top = even(heightPx * 0.8);
    const run = (at * TICKER_STEP_PX) % (scene.ticker.widthPx - widthPx);
    copyWindow(scene.ticker, even(run), 0, out, widthPx, heightPx, top, tickerPx);
    for (let i = 0, g = (frame * 7919) % grain.length; i < widthPx * heightPx; i++) {
      out[i] = (out[i] ?? 0) + (grain[g] ?? 0);
      if (++g === grain.length) g = 0;
    }
    drawNumber(out, widthPx, heightPx, frame);
    yield out;
  }
}

interface Planes {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly yuv: Uint8Array;
}

function drawScene(film: Film, index: number): { readonly board: Planes; readonly ticker: Planes } {
  const random = stream('bench film', index);
  const { widthPx, heightPx } = film;
  const board = planes(widthPx + RIM_PX, heightPx + RIM_PX, (ctx, w, h) => {
    const hue = random.int(0, 360);
    const sky = ctx.createLinearGradient(0, 0, w, h);
    sky.addColorStop(0, `hsl(${hue}, 18%, 24%)`);
    sky.addColorStop(1, `hsl(${(hue + 60) % 360}, 22%, 62%)`);
    ctx.fillStyle = sky;
    ctx.fillRect(0, 0, w, h);
    for (let plate = 0; plate < 14; plate++) drawPlate(ctx, random, w, h);
  });
  const ticker = planes(widthPx * 2, even(heightPx * TICKER), (ctx, w, h) => {
    ctx.fillStyle = '#0d1b3d';
    ctx.fillRect(0, 0, w, h);
    ctx.fillStyle = '#f4f4f4';
    ctx.font = canvasFont({ family: 'sans', bold: true }, h * 0.4);
    ctx.fillText(words(random, 60), 0, h * 0.7);
  });
  return { board, ticker };
}

function drawPlate(ctx: SKRSContext2D, random: RandomStream, w: number, h: number): void {
  const [x, y] = [random.float() * w * 0.8, random.float() * h * 0.85];
  const capPx = h * (0.012 + 0.03 * random.float());
  const light = random.float() < 0.5;
  ctx.fillStyle = light ? '#ece9df' : '#23262e';
  ctx.fillRect(x, y, w * (0.15 + 0.25 * random.float()), capPx * 7);
  ctx.fillStyle = light ? '#1c1c22' : '#f0eee6';
  ctx.font = canvasFont(
    { family: random.pick(['sans', 'mono', 'serif']), bold: random.float() < 0.5 },
    capPx,
  );
  for (let row = 1; row <= 3; row++) ctx.fillText(words(random, 3), x + capPx, y + capPx * 2 * row);
}

function words(random: RandomStream, count: number): string {
  const word = (): string =>
    random.float() < 0.3
      ? String(random.int(0, 10_000))
      : Array.from({ length: random.int(2, 9) }, () => String.fromCharCode(97 + random.int(0, 26))).join('');
  return Array.from({ length: count }, word).join(' ');
}

function planes(
  widthPx: number,
  heightPx: number,
  draw: (ctx: SKRSContext2D, widthPx: number, heightPx: number) => void,
): Planes {
  const canvas = createCanvas(widthPx, heightPx);
  const ctx = canvas.getContext('2d');
  draw(ctx, widthPx, heightPx);
  const { data } = ctx.getImageData(0, 0, widthPx, heightPx);
  return { widthPx, heightPx, yuv: yuv420p(new Uint8Array(data.buffer), widthPx, heightPx, 4) };
}

/** Copies `rows` rows of all three planes from (x, y) to the row `top` of the frame. All even. */
function copyWindow(
  from: Planes,
  x: number,
  y: number,
  to: Uint8Array,
  widthPx: number,
  heightPx: number,
  top: number,
  rows: number,
): void {
  let [source, target] = [0, 0];
  for (const by of [1, 2, 2]) {
    const [width, stride] = [widthPx / by, from.widthPx / by];
    for (let row = 0; row < rows / by; row++) {
      const at = source + (y / by + row) * stride + x / by;
      to.set(from.yuv.subarray(at, at + width), target + (top / by + row) * width);
    }
    source += stride * (from.heightPx / by);
    target += width * (heightPx / by);
  }
}

/** A prime length, so that its rows never line up with a picture's. */
function grainTable(): Int8Array {
  const random = stream('bench grain');
  return Int8Array.from({ length: 65_521 }, () => random.int(-GRAIN, GRAIN + 1));
}

function even(value: number): number {
  return 2 * Math.round(value / 2);
}
