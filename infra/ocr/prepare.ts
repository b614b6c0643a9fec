import type { Picture } from '../../activities/ports.js';
import { DataFailure } from '../../domain/failures.js';
import { resample } from '../tools/resample.js';

/** More pixels than this are no picture of a video that anybody reads. */
const MAX_PIXELS = 64 * 2 ** 20;

/** A grey picture as PGM (Netpbm P5), enlarged and with a rim: what both engines are given. */
export interface PreparedPicture {
  readonly pgm: Buffer;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly rimPx: number;
}

/** Enlarges by our own resampling, so that engines on every machine see the same bytes. The rim repeats the edge's mean. */
export function prepare(picture: Picture, scale: number, rimPx: number): PreparedPicture {
  if (picture.channels !== 1)
    throw new DataFailure(`expected a grey picture to read, got ${picture.channels} channels`);
  const [width, height] = [Math.round(picture.widthPx * scale), Math.round(picture.heightPx * scale)];
  const [widthPx, heightPx] = [width + 2 * rimPx, height + 2 * rimPx];
  if (widthPx * heightPx > MAX_PIXELS)
    throw new DataFailure(`a picture of ${widthPx} × ${heightPx} px is too large to be read`);
  const whole = { x: 0, y: 0, w: picture.widthPx, h: picture.heightPx };
  const large = scale === 1 ? picture.data : resample(picture.data, picture.widthPx, whole, width, height);
  const head = Buffer.from(`P5\n${widthPx} ${heightPx}\n255\n`);
  const pgm = Buffer.alloc(head.length + widthPx * heightPx, edgeMean(large, width, height));
  head.copy(pgm);
  for (let y = 0; y < height; y++)
    pgm.set(large.subarray(y * width, (y + 1) * width), head.length + (y + rimPx) * widthPx + rimPx);
  return { pgm, widthPx, heightPx, rimPx };
}

/** Brightness of the outermost pixels: what the picture most likely goes on with. */
function edgeMean(data: Uint8Array, width: number, height: number): number {
  let [sum, n] = [0, 0];
  for (let x = 0; x < width; x++) {
    sum += data[x]! + data[(height - 1) * width + x]!;
    n += 2;
  }
  for (let y = 0; y < height; y++) {
    sum += data[y * width]! + data[(y + 1) * width - 1]!;
    n += 2;
  }
  return Math.round(sum / n);
}
