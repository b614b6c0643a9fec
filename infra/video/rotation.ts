import type { Picture } from '../../activities/ports.js';

/**
 * Quarter turns, clockwise, that a display matrix asks for (0 to 3). The matrix is FFmpeg's: nine 32-bit
 * little-endian fixed-point numbers, of which a and b (16.16) hold the angle; other angles are rounded.
 */
export function quarterTurns(matrix: Uint8Array): number {
  const view = new DataView(matrix.buffer, matrix.byteOffset, matrix.byteLength);
  const [a, b] = [view.getInt32(0, true), view.getInt32(4, true)];
  return (Math.round(Math.atan2(b, a) / (Math.PI / 2)) + 4) % 4;
}

/** The picture turned clockwise by `quarters` × 90°. */
export function turned(picture: Picture, quarters: number): Picture {
  if (quarters === 0) return picture;
  const { widthPx, heightPx, channels, data } = picture;
  const [width, height] = quarters % 2 === 0 ? [widthPx, heightPx] : [heightPx, widthPx];
  const out = new Uint8Array(data.length);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const [toX, toY] = turn(x, y, widthPx, heightPx, quarters);
      for (let channel = 0; channel < channels; channel++) {
        out[(toY * width + toX) * channels + channel] = data[(y * widthPx + x) * channels + channel] ?? 0;
      }
    }
  }
  return { widthPx: width, heightPx: height, channels, data: out };
}

function turn(
  x: number,
  y: number,
  widthPx: number,
  heightPx: number,
  quarters: number,
): readonly [number, number] {
  if (quarters === 1) return [heightPx - 1 - y, x];
  if (quarters === 2) return [widthPx - 1 - x, heightPx - 1 - y];
  return [y, widthPx - 1 - x];
}
