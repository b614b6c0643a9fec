/**
 * The filters that turn a stored picture upright, and whether they swap its sides. The display matrix is FFmpeg's:
 * nine 32-bit little-endian numbers, of which a, b, c, d (16.16) turn and mirror; other angles are rounded to a
 * quarter turn.
 */
export function upright(matrix: Uint8Array | null): {
  readonly filters: readonly string[];
  readonly sideways: boolean;
} {
  if (matrix === null || matrix.length < 20) return { filters: [], sideways: false };
  const view = new DataView(matrix.buffer, matrix.byteOffset, matrix.byteLength);
  const [a, b, c, d] = [0, 4, 12, 16].map((at) => view.getInt32(at, true)) as [
    number,
    number,
    number,
    number,
  ];
  const mirrored = a * d - b * c < 0;
  const quarters = (Math.round(Math.atan2(b, a) / (Math.PI / 2)) + 4) % 4;
  const turn = [[], ['transpose=clock'], ['hflip', 'vflip'], ['transpose=cclock']][quarters] ?? [];
  // (x, y) becomes (a·x + c·y, b·x + d·y): a mirrored matrix flips the rows first, then turns.
  return { filters: mirrored ? ['vflip', ...turn] : turn, sideways: quarters % 2 === 1 };
}
