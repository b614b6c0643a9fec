/** Thumbnails are at most this wide: a pixel then stands for a patch in which noise evens out and a changed digit does not. */
const THUMB_WIDTH_PX = 160;

interface Grey {
  readonly widthPx: number;
  readonly heightPx: number;
  readonly data: Uint8Array;
}

/** Means of square patches of a grey picture, row by row. */
export function thumbOf({ widthPx, heightPx, data }: Grey): Float32Array {
  const patch = Math.max(1, Math.round(widthPx / THUMB_WIDTH_PX));
  const [columns, rows] = [Math.ceil(widthPx / patch), Math.ceil(heightPx / patch)];
  const sums = new Float32Array(columns * rows);
  const counts = new Uint16Array(columns * rows);
  for (let y = 0; y < heightPx; y++) {
    const row = Math.floor(y / patch) * columns;
    for (let x = 0; x < widthPx; x++) {
      const at = row + Math.floor(x / patch);
      sums[at] = sums[at]! + data[y * widthPx + x]!;
      counts[at] = counts[at]! + 1;
    }
  }
  return sums.map((sum, i) => sum / counts[i]!);
}

/** The largest difference of two thumbnails in levels of 255; infinite where their sizes differ. */
export function thumbDifference(a: Float32Array, b: Float32Array): number {
  if (a.length !== b.length) return Infinity;
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i]! - b[i]!));
  return most;
}
