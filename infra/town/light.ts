import type { RandomStream } from '../../domain/seeds.js';

/** Light that falls on a sheet from one side and leaves the other in shade: a step for each band of distance from its middle. */
export interface Light {
  /** Its middle, in pixels of the sheet. */
  readonly xPx: number;
  readonly yPx: number;
  /** Steps for a squared pixel of distance. */
  readonly stepsPerPx2: number;
  /** What is kept of a colour in each step, in 1/256. */
  readonly keep: Uint16Array;
  /** What is added to the luma, in 1/256, of two lumas 16 bits apart. */
  readonly add: Int32Array;
}

export const LIGHT_STEPS = 1024;

/** In units of the sheet, of which a pixel is `1 / scale`; the sheet's top left corner is at (−rims.x, −rims.y). */
interface Room {
  readonly width: number;
  readonly height: number;
  readonly rims: { readonly x: number; readonly y: number };
  readonly scale: number;
}

/** A haze of 4 % in the middle; from where it ends, a shade that grows to `shade01`. */
export function drawLight(random: RandomStream, { width, height, rims, scale }: Room, shade01: number): Light {
  const x = width * (0.15 + 0.7 * random.float());
  const y = height * (0.1 + 0.5 * random.float());
  const [inner, outer] = [height * 0.25 * scale, width * 0.85 * scale];
  const stepsPerPx2 = (LIGHT_STEPS - 1) / outer ** 2;
  const keep = new Uint16Array(LIGHT_STEPS);
  const add = new Int32Array(LIGHT_STEPS);
  for (let step = 0; step < LIGHT_STEPS; step++) {
    const way = (Math.sqrt(step / stepsPerPx2) - inner) / (outer - inner);
    const hazy = way < HAZE_END;
    const share = hazy ? 0.04 * (1 - Math.max(0, way) / HAZE_END) : (shade01 * (way - HAZE_END)) / (1 - HAZE_END);
    const kept = 256 - Math.round(256 * (shade01 > 0 ? share : 0));
    keep[step] = kept;
    add[step] = ((256 - kept) * (hazy ? 235 : 16) + 128) * 0x10001;
  }
  return { xPx: (x + rims.x) * scale, yPx: (y + rims.y) * scale, stepsPerPx2, keep, add };
} // prettier-ignore

const HAZE_END = 0.35;
