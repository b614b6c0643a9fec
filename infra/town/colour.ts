/** Red, green and blue, 0 to 255. */
export type Rgb = readonly [number, number, number];

export const WHITE: Rgb = [255, 255, 255];
export const BLACK: Rgb = [0, 0, 0];

export function css([red, green, blue]: Rgb, alpha = 1): string {
  const [r, g, b] = [red, green, blue].map(Math.round);
  return alpha === 1 ? `rgb(${r}, ${g}, ${b})` : `rgba(${r}, ${g}, ${b}, ${alpha})`;
}

/** `share` 0 gives `from`, 1 gives `to`. */
export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  const one = (at: 0 | 1 | 2): number => from[at] + (to[at] - from[at]) * share;
  return [one(0), one(1), one(2)];
}

/** Hue in degrees, saturation and lightness 0 to 1. */
export function hsl(hue: number, saturation: number, lightness: number): Rgb {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  const one = (turn: number): number => {
    const k = (turn + hue / 30) % 12;
    return 255 * (lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return [one(0), one(8), one(4)];
}
