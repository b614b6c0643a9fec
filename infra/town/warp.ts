import type { Pose } from '../../domain/town/camera.js';
import type { Frame } from './frame.js';
import { LANES } from './frame.js';
import type { SheetPlanes } from './sheet-planes.js';

/** Shares of the frame's height. */
interface Shift {
  readonly x: number;
  readonly y: number;
}

/**
 * What the camera sees of a sheet: the inverse of `boxThrough`, bilinear, in 16.16 fixed point. It runs for every pixel
 * of every frame.
 */
export function warpLuma(
  sheet: SheetPlanes,
  pose: Pose,
  shift: Shift,
  sheetScale: number,
  { luma, widthPx, heightPx }: Frame,
): void {
  bright(sheet.luma, raysOf(pose, shift, sheetScale, sheet, { widthPx, heightPx }), luma);
}

/** The same for its colours, of which there is one for 2×2 pixels. */
export function warpChroma(sheet: SheetPlanes, pose: Pose, sheetScale: number, out: Frame): void {
  const rays = raysOf(pose, { x: 0, y: 0 }, sheetScale, halved(sheet), halved(out));
  coloured(sheet.chroma, rays, out.chroma);
}

interface Size {
  readonly widthPx: number;
  readonly heightPx: number;
}

function halved({ widthPx, heightPx }: Size): Size {
  return { widthPx: widthPx / 2, heightPx: heightPx / 2 };
}

/** Where in the sheet each pixel of a frame looks. */
interface Rays extends Size {
  readonly stride: number;
  readonly stepX: number;
  readonly stepY: number;
  /** Of the first pixel of each row. */
  readonly startX: Int32Array;
  readonly startY: Int32Array;
  readonly mostX: number;
  readonly mostY: number;
}

function raysOf(pose: Pose, shift: Shift, sheetScale: number, sheet: Size, frame: Size): Rays {
  const { widthPx, heightPx } = frame;
  const zoom = pose.zoom / sheetScale;
  const cos = Math.cos(pose.tiltRad) / zoom;
  const sin = Math.sin(pose.tiltRad) / zoom;
  // The middle of a pixel is half a pixel in: of the frame, and of the sheet.
  const left = 0.5 - widthPx / 2 - (pose.x + shift.x) * heightPx;
  const top = 0.5 - heightPx / 2 - (pose.y + shift.y) * heightPx;
  const startX = new Int32Array(heightPx);
  const startY = new Int32Array(heightPx);
  for (let y = 0; y < heightPx; y++) {
    startX[y] = Math.round((cos * left + sin * (top + y) + sheet.widthPx / 2 - 0.5) * 65_536);
    startY[y] = Math.round((-sin * left + cos * (top + y) + sheet.heightPx / 2 - 0.5) * 65_536);
  }
  return {
    widthPx,
    heightPx,
    stride: sheet.widthPx,
    stepX: Math.round(cos * 65_536) | 0,
    // Whole numbers to the machine too: without a tilt this is −0, and a row of them is counted in floating point.
    stepY: Math.round(-sin * 65_536) | 0,
    startX,
    startY,
    mostX: (sheet.widthPx - 2) << 16,
    mostY: (sheet.heightPx - 2) << 16,
  };
}

/** Whether all of a row looks into the sheet: only at its rims must every pixel be held back. */
function inside({ startX, startY, stepX, stepY, widthPx, mostX, mostY }: Rays, y: number): boolean {
  const [x1, y1] = [startX[y] as number, startY[y] as number];
  const [x2, y2] = [x1 + stepX * (widthPx - 1), y1 + stepY * (widthPx - 1)];
  return Math.min(x1, x2, y1, y2) >= 0 && Math.max(x1, x2) <= mostX && Math.max(y1, y2) <= mostY;
}

function held(at: number, most: number): number {
  return at < 0 ? 0 : at > most ? most : at;
}

function bright(from: Int32Array, rays: Rays, to: Int32Array): void {
  const { widthPx, heightPx, stride, stepX, stepY, mostX, mostY } = rays;
  let at = 0;
  for (let y = 0; y < heightPx; y++) {
    let sx = rays.startX[y] as number;
    let sy = rays.startY[y] as number;
    if (inside(rays, y)) {
      for (let x = 0; x < widthPx; x += 2) {
        const left = lumaAt(from, stride, sx, sy);
        sx = (sx + stepX) | 0;
        sy = (sy + stepY) | 0;
        to[at++] = left | (lumaAt(from, stride, sx, sy) << 16);
        sx = (sx + stepX) | 0;
        sy = (sy + stepY) | 0;
      }
    } else {
      for (let x = 0; x < widthPx; x += 2) {
        const left = lumaAt(from, stride, held(sx, mostX), held(sy, mostY));
        sx = (sx + stepX) | 0;
        sy = (sy + stepY) | 0;
        to[at++] = left | (lumaAt(from, stride, held(sx, mostX), held(sy, mostY)) << 16);
        sx = (sx + stepX) | 0;
        sy = (sy + stepY) | 0;
      }
    }
  }
}

/** Upper and lower neighbours are weighed at once along x, then against each other. */
function lumaAt(from: Int32Array, stride: number, sx: number, sy: number): number {
  const at = Math.imul(sy >> 16, stride) + (sx >> 16);
  const fx = (sx >> 8) & 255;
  const fy = (sy >> 8) & 255;
  const two = Math.imul(from[at] as number, 256 - fx) + Math.imul(from[at + 1] as number, fx);
  return (Math.imul(two & 0xffff, 256 - fy) + Math.imul(two >>> 16, fy) + 0x8000) >>> 16;
}

function coloured(from: Int32Array, rays: Rays, to: Int32Array): void {
  const { widthPx, heightPx, stride, stepX, stepY, mostX, mostY } = rays;
  let at = 0;
  for (let y = 0; y < heightPx; y++) {
    let sx = rays.startX[y] as number;
    let sy = rays.startY[y] as number;
    for (let x = 0; x < widthPx; x++) {
      to[at++] = chromaAt(from, stride, held(sx, mostX), held(sy, mostY));
      sx = (sx + stepX) | 0;
      sy = (sy + stepY) | 0;
    }
  }
}

function chromaAt(from: Int32Array, stride: number, sx: number, sy: number): number {
  const at = Math.imul(sy >> 16, stride) + (sx >> 16);
  const fx = (sx >> 8) & 255;
  const fy = (sy >> 8) & 255;
  const w11 = (fx * fy) >> 8;
  const sum =
    Math.imul(from[at] as number, 256 - fx - fy + w11) +
    Math.imul(from[at + 1] as number, fx - w11) +
    Math.imul(from[at + stride] as number, fy - w11) +
    Math.imul(from[at + stride + 1] as number, w11);
  return ((sum + 0x800080) >>> 8) & LANES;
}
