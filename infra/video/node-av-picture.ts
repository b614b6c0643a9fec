import type { AVPixelFormat, SwsFlags } from 'node-av/constants';
import {
  AV_PIX_FMT_GRAY8,
  AV_PIX_FMT_RGB24,
  AV_PIX_FMT_YUV420P,
  AVCOL_RANGE_JPEG,
  SWS_ACCURATE_RND,
  SWS_AREA,
  SWS_BILINEAR,
  SWS_BITEXACT,
} from 'node-av/constants';
import { FFmpegError, Frame, SoftwareScaleContext } from 'node-av/lib';
import type { FrameRequest, Picture } from '../../activities/ports.js';
import { BugFailure } from '../../domain/failures.js';
import { FULL_FROM_VIDEO } from './luma.js';

/** A conversion that gives the same bytes on every machine. */
const EXACT = (SWS_BILINEAR | SWS_ACCURATE_RND | SWS_BITEXACT) as SwsFlags;
/** The same when the size changes: the mean of the area where it shrinks. */
const SCALED = (SWS_AREA | SWS_ACCURATE_RND | SWS_BITEXACT) as SwsFlags;

export function newFrame(): Frame {
  const frame = new Frame();
  frame.alloc();
  return frame;
}

/** Copies a decoded frame out of FFmpeg's memory, packed, as grey (from luma) or RGB, at its own size or another. */
export function copied(frame: Frame, channels: 1 | 3, size?: FrameRequest['size']): Picture {
  const luma = frame.data?.[0];
  if (channels === 1 && size === undefined && frame.format === AV_PIX_FMT_YUV420P && luma !== undefined) {
    return grey(frame, luma);
  }
  return converted(frame, channels, size ?? { widthPx: frame.width, heightPx: frame.height });
}

/** The luma plane, spread to the full range. */
function grey(frame: Frame, luma: Uint8Array): Picture {
  const { width, height } = frame;
  const strideBytes = frame.linesize[0] ?? width;
  const isFullRange = frame.colorRange === AVCOL_RANGE_JPEG;
  const data = new Uint8Array(width * height);
  for (let y = 0, to = 0; y < height; y++) {
    const row = y * strideBytes;
    for (let x = 0; x < width; x++, to++) {
      const value = luma[row + x] ?? 0;
      data[to] = isFullRange ? value : (FULL_FROM_VIDEO[value] ?? 0);
    }
  }
  return { widthPx: width, heightPx: height, channels: 1, data };
}

function converted(frame: Frame, channels: 1 | 3, size: NonNullable<FrameRequest['size']>): Picture {
  const { width, height } = frame;
  const { widthPx, heightPx } = size;
  const format = channels === 1 ? AV_PIX_FMT_GRAY8 : AV_PIX_FMT_RGB24;
  const flags = widthPx === width && heightPx === height ? EXACT : SCALED;
  const scaler = new SoftwareScaleContext();
  const target = newFrame();
  try {
    target.format = format;
    target.width = widthPx;
    target.height = heightPx;
    check(target.getBuffer());
    // FFmpeg types the formats of pictures and of sound as one field; a video's frame has a picture's.
    scaler.getContext(width, height, frame.format as AVPixelFormat, widthPx, heightPx, format, flags);
    check(scaler.scaleFrameSync(target, frame));
    return { widthPx, heightPx, channels, data: Uint8Array.from(target.toBuffer()) };
  } finally {
    target.free();
    scaler.freeContext();
  }
}

function check(code: number): void {
  if (code < 0)
    throw new BugFailure(`a decoded frame could not be converted (${FFmpegError.strerror(code)})`);
}
