import type { ShownPicture, VideoFacts } from '../../domain/conversation/records.js';
import type { View } from '../../domain/conversation/spec.js';
import type { SizePx } from '../../domain/tools/contract.js';
import type { Box01 } from '../../domain/world/records.js';
import type { ObjectStore } from '../ports.js';
import { pictureKey } from './places.js';

/** A frame, or a region of one. */
export interface Shot {
  readonly frame: number;
  readonly box01: Box01 | null;
}

/** Makes pictures of real videos as a served model takes them. What cannot be read throws a DataFailure that names the file. */
export interface Photographer {
  facts(file: string, numbered: Pick<View, 'fps' | 'frames'>, signal?: AbortSignal): Promise<VideoFacts>;
  /** One picture for each shot, in their order, at native resolution scaled down to `pixels`. */
  shoot(
    file: string,
    shots: readonly Shot[],
    options: { readonly fps: number; readonly pixels: number; readonly format: View['format'] },
    signal?: AbortSignal,
  ): AsyncIterable<SizePx & { readonly bytes: Uint8Array; readonly native: SizePx }>;
}

/** Takes pictures and keeps them by their content: the same look in two conversations is one object. */
export async function keepPictures(
  store: ObjectStore,
  photographer: Photographer,
  file: string,
  shots: readonly Shot[],
  { fps, pixels, format }: { readonly fps: number; readonly pixels: number; readonly format: View['format'] },
  hash: (bytes: Uint8Array) => string,
  signal?: AbortSignal,
): Promise<readonly ShownPicture[]> {
  const kept: ShownPicture[] = [];
  for await (const { bytes, ...sizes } of photographer.shoot(file, shots, { fps, pixels, format }, signal)) {
    const { frame, box01 } = shots[kept.length]!;
    const { ref } = await store.putIfAbsent(pictureKey(hash(bytes), format), bytes, 'pictures');
    kept.push({ ...sizes, ref, mime: `image/${format}`, frame, sec: (frame - 1) / fps, box01 });
  }
  return kept;
}
