import type { Region, Sharp } from 'sharp';
import sharp from 'sharp';
import type { Picture, VideoReader } from '../../activities/ports.js';
import type { PictureSpec, ToolCall } from '../../domain/tools/contract.js';
import { refusalOf } from '../../domain/tools/validate.js';
import { framesAt } from '../video/clock.js';
import { regionOf } from './region.js';

/** A picture for a person: colour, as PNG. */
export interface NativePicture {
  readonly frame: number;
  readonly png: Buffer;
}

/** What is needed of a reader: one that remembers frames will do. */
export type FrameSource = Pick<VideoReader, 'probe' | 'frames'>;

export type NativeResult =
  | { readonly kind: 'pictures'; readonly pictures: readonly NativePicture[] }
  | { readonly kind: 'refused'; readonly reason: string };

/** The pixels behind each look of a call at the video's own resolution, in order. */
export async function nativePicture(
  reader: FrameSource,
  file: string,
  call: ToolCall,
  spec: Pick<PictureSpec, 'fps'>,
  signal?: AbortSignal,
): Promise<NativeResult> {
  const { durationSec } = await reader.probe(file, signal);
  const reason = refusalOf(call, framesAt(durationSec, spec.fps));
  if (reason !== null) return { kind: 'refused', reason };
  const indices = call.tool === 'clip' ? call.targetFrames : [call.targetFrame];
  const frames = await colourFrames(reader, file, spec.fps, indices, signal);
  const pictures = await Promise.all(
    frames.map(async (frame, at) => {
      const image = imageOf(frame);
      const cut = call.tool === 'clip' ? image : image.extract(extractOf(frame, call.bbox01));
      return { frame: indices[at] ?? 0, png: await cut.png().toBuffer() };
    }),
  );
  return { kind: 'pictures', pictures };
}

/** Every frame of the video as a colour thumbnail. */
export async function nativeOverview(
  reader: VideoReader,
  file: string,
  spec: Pick<PictureSpec, 'fps' | 'overview'>,
  signal?: AbortSignal,
): Promise<readonly NativePicture[]> {
  const { durationSec } = await reader.probe(file, signal);
  const indices = Array.from({ length: framesAt(durationSec, spec.fps) }, (_, index) => index + 1);
  const { widthPx, heightPx } = spec.overview;
  const size = { widthPx, heightPx };
  const request = { fps: spec.fps, indices, channels: 3 as const, size };
  const pictures: NativePicture[] = [];
  for await (const { index, picture } of reader.stream(file, {
    ...request,
    ...(signal === undefined ? {} : { signal }),
  })) {
    pictures.push({ frame: index, png: await imageOf(picture).png().toBuffer() });
  }
  return pictures;
}

function colourFrames(
  reader: FrameSource,
  file: string,
  fps: number,
  indices: readonly number[],
  signal?: AbortSignal,
): Promise<readonly Picture[]> {
  return reader.frames(file, { fps, indices, channels: 3, ...(signal === undefined ? {} : { signal }) });
}

function imageOf({ data, widthPx, heightPx, channels }: Picture): Sharp {
  return sharp(data, { raw: { width: widthPx, height: heightPx, channels } });
}

function extractOf(frame: Picture, box01: Parameters<typeof regionOf>[0]): Region {
  const { x, y, w, h } = regionOf(box01, frame.widthPx, frame.heightPx);
  return { left: x, top: y, width: w, height: h };
}
