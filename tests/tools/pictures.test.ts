import { describe, expect, it } from 'vitest';
import type { Picture } from '../../activities/ports.js';
import { DEFAULT_PICTURES } from '../../domain/tools/pictures.js';
import { cropped } from '../../infra/tools/look.js';
import { regionOf } from '../../infra/tools/region.js';
import { resample } from '../../infra/tools/resample.js';

const CANVAS = DEFAULT_PICTURES.crop;

/** A grey picture painted by a function of place. */
function painted(widthPx: number, heightPx: number, paint: (x: number, y: number) => number): Picture {
  const data = new Uint8Array(widthPx * heightPx).map((_, at) =>
    paint(at % widthPx, Math.floor(at / widthPx)),
  );
  return { widthPx, heightPx, channels: 1, data };
}

describe('resample', () => {
  it('averages the exact area when it shrinks', () => {
    const picture = Uint8Array.from([0, 30, 60, 90, 120, 150]);
    expect([...resample(picture, 6, { x: 0, y: 0, w: 6, h: 1 }, 2, 1)]).toEqual([30, 120]);
    // Four places of one and a half pixels: (0 + 30/2)/1.5, (30/2 + 60)/1.5, …
    expect([...resample(picture, 6, { x: 0, y: 0, w: 6, h: 1 }, 4, 1)]).toEqual([10, 50, 100, 140]);
  });

  it('equals the plain loop over the area in two dimensions', () => {
    const picture = painted(24, 18, (x, y) => (x * 37 + y * 91) % 256);
    const small = resample(picture.data, 24, { x: 3, y: 2, w: 18, h: 12 }, 6, 4);
    for (let y = 0; y < 4; y++) {
      for (let x = 0; x < 6; x++) {
        let sum = 0;
        for (let dy = 0; dy < 3; dy++)
          for (let dx = 0; dx < 3; dx++) sum += picture.data[(2 + y * 3 + dy) * 24 + 3 + x * 3 + dx] ?? 0;
        expect(Math.abs((small[y * 6 + x] ?? -9) - sum / 9)).toBeLessThanOrEqual(0.51);
      }
    }
  });

  it('copies at equal size, interpolates when it enlarges, and keeps what is flat', () => {
    const picture = Uint8Array.from([0, 100, 200, 50]);
    expect([...resample(picture, 4, { x: 0, y: 0, w: 4, h: 1 }, 4, 1)]).toEqual([0, 100, 200, 50]);
    expect([...resample(picture, 4, { x: 0, y: 0, w: 2, h: 1 }, 4, 1)]).toEqual([0, 25, 75, 100]);
    const flat = new Uint8Array(50 * 40).fill(77);
    for (const [w, h] of [
      [1, 1],
      [7, 3],
      [50, 40],
      [123, 99],
    ] as const) {
      expect(new Set(resample(flat, 50, { x: 0, y: 0, w: 50, h: 40 }, w, h))).toEqual(new Set([77]));
    }
  });
});

describe('regionOf', () => {
  it('takes the whole pixels that a box touches, at least one', () => {
    expect(regionOf([0, 0, 1, 1], 256, 144)).toEqual({ x: 0, y: 0, w: 256, h: 144 });
    expect(regionOf([0.5, 0.5, 0.501, 0.501], 256, 144)).toEqual({ x: 128, y: 72, w: 1, h: 1 });
    expect(regionOf([0.999, 0.999, 1, 1], 10, 10)).toEqual({ x: 9, y: 9, w: 1, h: 1 });
  });
});

describe('cropped', () => {
  it('keeps the aspect, enlarges by at most a quarter, and centres on the mean', () => {
    // A white bar of 40×16 px in a dark frame: 50×20 on the canvas.
    const frame = painted(256, 144, (x, y) => (x >= 64 && x < 104 && y >= 48 && y < 64 ? 200 : 0));
    const canvas = cropped(frame, [64 / 256, 48 / 144, 104 / 256, 64 / 144], CANVAS);
    expect(new Set(canvas)).toEqual(new Set([200]));
    const wider = cropped(frame, [54 / 256, 48 / 144, 114 / 256, 64 / 144], CANVAS);
    const row = [...wider.subarray(16 * CANVAS.widthPx, 17 * CANVAS.widthPx)];
    const mean = Math.round((200 * 40) / 60);
    expect(row[0]).toBe(mean);
    expect(row.at(-1)).toBe(mean);
    // 75 px wide from 16 on: 12.5 px of dark, 50 of white, 12.5 of dark.
    expect(row.slice(17, 27).every((value) => value === 0)).toBe(true);
    expect(row.slice(31, 76).every((value) => value === 200)).toBe(true);
    expect(wider[0]).toBe(mean);
  });

  it('scales what is larger than the canvas down to fit', () => {
    const frame = painted(256, 144, (x) => x);
    const canvas = cropped(frame, [0, 0, 1, 1], CANVAS);
    const row = canvas.subarray(16 * CANVAS.widthPx, 17 * CANVAS.widthPx);
    // 256×144 fits as 57×32: from 25 px on, rising from left to right, the mean on either side.
    expect(row[24]).toBe(row[0]);
    expect(
      [...row.subarray(25, 82)].every((value, index, all) => index === 0 || value > (all[index - 1] ?? 0)),
    ).toBe(true);
  });

  it('shows one pixel as a point on a canvas of its own level', () => {
    const frame = painted(256, 144, (x, y) => (x + y) % 256);
    expect(new Set(cropped(frame, [0.5, 0.5, 0.5001, 0.5001], CANVAS))).toEqual(new Set([200]));
  });
});
