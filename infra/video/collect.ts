import type { Picture, StreamedFrame } from '../../activities/ports.js';
import { DataFailure } from '../../domain/failures.js';

/** Each index once, in the order in which a decoder meets them. */
export function ascending(indices: readonly number[]): readonly number[] {
  return [...new Set(indices)].sort((a, b) => a - b);
}

/** Pictures in the order asked, repeats included. */
export function inOrderAsked(
  path: string,
  indices: readonly number[],
  frames: readonly StreamedFrame[],
): readonly Picture[] {
  const pictures = new Map(frames.map(({ index, picture }) => [index, picture]));
  return indices.map((index) => {
    const picture = pictures.get(index);
    if (picture === undefined) throw new DataFailure(`${path}: frame ${index} could not be decoded`);
    return picture;
  });
}
