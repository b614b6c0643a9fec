import type { FrameRequest, Picture, VideoReader } from '../../activities/ports.js';
import { DataFailure } from '../../domain/failures.js';

/** Each index once, in the order in which a decoder meets them. */
export function ascending(indices: readonly number[]): readonly number[] {
  return [...new Set(indices)].sort((a, b) => a - b);
}

/** A stream's pictures in the order asked, repeats included. */
export async function collected(
  reader: Pick<VideoReader, 'stream'>,
  path: string,
  request: FrameRequest,
): Promise<readonly Picture[]> {
  if (request.indices.length === 0) return [];
  const pictures = new Map<number, Picture>();
  for await (const { index, picture } of reader.stream(path, request)) pictures.set(index, picture);
  return request.indices.map((index) => {
    const picture = pictures.get(index);
    if (picture === undefined) throw new DataFailure(`${path}: frame ${index} could not be decoded`);
    return picture;
  });
}
