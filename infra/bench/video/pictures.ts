import type { Picture, VideoReader } from '../../../activities/ports.js';
import type { SizePx } from '../../../domain/tools/contract.js';

/** The frames of one run by our port: at native size, or streamed at the size asked for. */
export async function picturesOf(
  reader: VideoReader,
  file: string,
  { fps, indices, size }: { fps: number; indices: readonly number[]; size: SizePx | null },
): Promise<readonly Picture[]> {
  const request = { fps, indices, channels: 3 } as const;
  if (size === null) return reader.frames(file, request);
  const pictures: Picture[] = [];
  for await (const { picture } of reader.stream(file, { ...request, size })) pictures.push(picture);
  return pictures;
}
