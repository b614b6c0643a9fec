import { grainOf } from '../making/grain.js';

/** The two bytes of a word of a frame: 8 bits each with 8 bits of room above, so that one multiplication weighs both. */
export const LANES = 0x00ff00ff;

/** A frame in the making: YUV 4:2:0 in video range, two values a word. */
export interface Frame {
  /** Two neighbours of a row, the left one in the low half. */
  readonly luma: Int32Array;
  /** U in the low half, V in the high one. */
  readonly chroma: Int32Array;
  /** Even, both. */
  readonly widthPx: number;
  readonly heightPx: number;
}

export function emptyFrame(widthPx: number, heightPx: number): Frame {
  const quarter = (widthPx * heightPx) / 4;
  return { luma: new Int32Array(quarter * 2), chroma: new Int32Array(quarter), widthPx, heightPx };
}

/** The mean of two exposures, into the first. */
export function average(one: Int32Array, other: Int32Array): void {
  for (let at = 0; at < one.length; at++)
    one[at] = (((one[at] as number) + (other[at] as number)) >>> 1) & LANES;
}

/** Lifts both lanes above zero, whatever noise and flicker take away. */
const LIFT = 256;
/** The luma that a lifted lane stands for: video range, 16 to 235. */
const LOWERED: Uint8Array = Uint8Array.from({ length: 1024 }, (_, lane) =>
  Math.min(235, Math.max(16, lane - LIFT)),
);

const grains = new Map<number, Int32Array>();

/** Noise of a peak in levels of 255, the same for red, green and blue, as luma: from any place on, that of two pixels. */
export function lumaGrain(peak: number): Int32Array {
  const known = grains.get(peak);
  if (known !== undefined) return known;
  const lanes = Int32Array.from(grainOf(peak), (level) => lumaStep(level) + LIFT);
  const pairs = lanes.map((lane, at) => lane | ((lanes[(at + 1) % lanes.length] as number) << 16));
  grains.set(peak, pairs);
  return pairs;
}

/** A change of all three colours, as a change of the luma. */
function lumaStep(levels: number): number {
  return Math.round((levels * 219) / 255) | 0;
}

/** The bytes of a frame (planar YUV 4:2:0), brighter by `flicker` levels of 255, with the noise from `offset` on. */
export function develop(
  { luma, chroma }: Frame,
  grain: Int32Array,
  flicker: number,
  offset: number,
  out: Uint8Array,
): void {
  const brighter = lumaStep(flicker) * 0x10001;
  let at = offset % grain.length;
  let to = 0;
  for (let from = 0; from < luma.length; from++) {
    const two = ((luma[from] as number) + (grain[at] as number) + brighter) | 0;
    at += 2;
    if (at >= grain.length) at -= grain.length;
    out[to++] = LOWERED[two & 0xffff] as number;
    out[to++] = LOWERED[two >>> 16] as number;
  }
  const v = to + chroma.length;
  for (let from = 0; from < chroma.length; from++) {
    const two = chroma[from] as number;
    out[to + from] = two;
    out[v + from] = two >> 16;
  }
}
