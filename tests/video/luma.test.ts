import { expect, it } from 'vitest';
import { yuv420p } from '../../infra/video/luma.js';

/** One pixel after the other, as Rec. 601 is written in books: the small world's bytes hang on every bit of it. */
it('converts RGBA to planar YUV as the pixel-by-pixel sum does, whatever the colours', () => {
  const [widthPx, heightPx] = [18, 10];
  const rgba = new Uint8Array(widthPx * heightPx * 4).map((_, at) => (at * at * 31 + at * 7) & 255);
  rgba.fill(255, 0, 40);
  rgba.fill(0, 40, 80);
  const sum = (x: number, y: number, [red, green, blue]: readonly [number, number, number]): number => {
    const at = (y * widthPx + x) * 4;
    return red * (rgba[at] ?? 0) + green * (rgba[at + 1] ?? 0) + blue * (rgba[at + 2] ?? 0);
  };
  const places = (width: number, height: number): readonly (readonly [number, number])[] =>
    Array.from({ length: width * height }, (_, at) => [at % width, Math.floor(at / width)]);
  const chroma = (weights: readonly [number, number, number]): readonly number[] =>
    places(widthPx / 2, heightPx / 2).map(([x, y]) => {
      const corners = places(2, 2).map(([right, down]) => sum(2 * x + right, 2 * y + down, weights));
      return Math.floor((corners.reduce((all, one) => all + one, 0) + 512) / 1024) + 128;
    });
  expect([...yuv420p(rgba, widthPx, heightPx, 4)]).toEqual([
    ...places(widthPx, heightPx).map(([x, y]) => Math.floor((sum(x, y, [66, 129, 25]) + 128) / 256) + 16),
    ...chroma([-38, -74, 112]),
    ...chroma([112, -94, -18]),
  ]);
});
