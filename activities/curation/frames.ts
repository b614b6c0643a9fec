import type { StreamedFrame, VideoReader } from '../ports.js';

/** Grey frames 1 to `total` in order, decoded as they are taken. */
export function framesInOrder(
  reader: VideoReader,
  file: string,
  { fps, total, signal }: { readonly fps: number; readonly total: number; readonly signal?: AbortSignal },
): AsyncIterable<StreamedFrame> {
  const indices = Array.from({ length: total }, (_, i) => i + 1);
  return reader.stream(file, { fps, indices, channels: 1, ...(signal === undefined ? {} : { signal }) });
}
