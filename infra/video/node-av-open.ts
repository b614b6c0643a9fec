import {
  AV_DISPOSITION_ATTACHED_PIC,
  AV_LOG_QUIET,
  AV_PKT_DATA_DISPLAYMATRIX,
  AVCOL_TRC_ARIB_STD_B67,
  AVCOL_TRC_SMPTE2084,
  AVMEDIA_TYPE_VIDEO,
} from 'node-av/constants';
import type { Stream } from 'node-av/lib';
import { Codec, CodecContext, FFmpegError, FormatContext, Log } from 'node-av/lib';
import type { VideoInfo } from '../../activities/ports.js';
import { DataFailure } from '../../domain/failures.js';
import { ALLOWED_DEMUXERS, ALLOWED_PROTOCOLS, CONTAINERS_SAID, fileUrl, isPicture } from './allowed.js';
import type { Shown } from './filters.js';
import { squared } from './filters.js';
import type { VideoLimits } from './limits.js';
import { refuseTooLarge, refuseTooLong } from './limits.js';
import { upright } from './rotation.js';

/** Below this a timestamp of FFmpeg's means "unknown". */
export const UNKNOWN_TICK = -(2n ** 62n);

/** From this size on, decoding is worth a second thread; below, handing work over costs more than it saves. */
const PIXELS_FOR_THREADS = 400_000;
const MOST_THREADS = 4;

/** An opened file, its video stream, and a decoder for it. All of it is FFmpeg's memory: `close` frees it. */
export interface Opened {
  readonly input: FormatContext;
  readonly decoder: CodecContext;
  readonly stream: Stream;
  readonly info: VideoInfo;
  readonly shown: Shown;
  /** Filters that turn a picture upright. */
  readonly turn: readonly string[];
  readonly secondsPerTick: number;
  readonly startTick: number;
  close(): void;
}

/** Opens what is in the allow-list and within the limits; anything else throws a DataFailure that says why. */
export function openVideo(path: string, limits: VideoLimits, threads: number): Opened {
  Log.setLevel(AV_LOG_QUIET);
  const input = new FormatContext();
  const decoder = new CodecContext();
  const close = (): void => {
    decoder.freeContext();
    input.closeInputSync();
  };
  try {
    const stream = openStream(path, input);
    const { codecpar, timeBase } = stream;
    if (codecpar.width <= 0 || codecpar.height <= 0) {
      throw new DataFailure(`${path}: has a video stream without a size`);
    }
    refuseTooLarge(path, limits, codecpar.width, codecpar.height);
    const codec = Codec.findDecoder(codecpar.codecId);
    if (codec === null) throw new DataFailure(`${path}: its codec is unknown to this FFmpeg`);
    decoder.allocContext3(codec);
    check(path, decoder.parametersToContext(codecpar), 'has unusable codec parameters');
    decoder.threadCount =
      codecpar.width * codecpar.height < PIXELS_FOR_THREADS ? 1 : Math.min(threads, MOST_THREADS);
    decoder.pktTimebase = timeBase;
    decoder.setOption('max_pixels', limits.maxPixels);
    check(path, decoder.open2Sync(codec), 'cannot be decoded');
    const { filters: turn, sideways } = upright(codecpar.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX));
    const shown = shownBy(stream, sideways);
    refuseTooLarge(path, limits, shown.native.widthPx, shown.native.heightPx);
    const durationSec = durationOf(input, stream);
    if (!(durationSec > 0)) throw new DataFailure(`${path}: has a video stream without a duration`);
    refuseTooLong(path, limits, durationSec);
    return {
      ...{ input, decoder, stream, shown, turn, close },
      info: { ...shown.native, durationSec, codec: codec.name ?? 'unknown' },
      secondsPerTick: timeBase.num / timeBase.den,
      startTick: stream.startTime > UNKNOWN_TICK ? Number(stream.startTime) : 0,
    };
  } catch (error) {
    close();
    throw error;
  }
}

export function check(path: string, code: number, what: string): void {
  if (code < 0) throw new DataFailure(`${path}: ${what} (${FFmpegError.strerror(code)})`);
}

function openStream(path: string, input: FormatContext): Stream {
  input.allocContext();
  // Options go in one by one: node-av 6.1.1 mishandles the memory of a dictionary.
  check(path, input.setOption('format_whitelist', ALLOWED_DEMUXERS), 'cannot be opened safely');
  check(path, input.setOption('protocol_whitelist', ALLOWED_PROTOCOLS), 'cannot be opened safely');
  check(
    path,
    input.openInputSync(fileUrl(path)),
    `is not a video that FFmpeg can open, or is cut short: ${CONTAINERS_SAID} are allowed`,
  );
  check(path, input.findStreamInfoSync(), 'has no stream that FFmpeg can read');
  const videos = input.streams.filter(({ codecpar }) => codecpar.codecType === AVMEDIA_TYPE_VIDEO);
  const stream = videos.find((video) => !video.hasDisposition(AV_DISPOSITION_ATTACHED_PIC));
  if (stream !== undefined) return stream;
  const cover = videos.length > 0 ? '; a cover picture is not a video' : '';
  throw new DataFailure(`${path}: has no video stream${cover}`);
}

function shownBy({ codecpar, sampleAspectRatio }: Stream, sideways: boolean): Shown {
  const { width, height, colorTrc } = codecpar;
  const { num, den } = sampleAspectRatio.num > 0 ? sampleAspectRatio : codecpar.sampleAspectRatio;
  const stored = sideways ? { widthPx: height, heightPx: width } : { widthPx: width, heightPx: height };
  const native = squared(stored, sideways ? { num: den, den: num } : { num, den });
  if (colorTrc === AVCOL_TRC_SMPTE2084) return { stored, native, hdr: 'smpte2084' };
  return { stored, native, hdr: colorTrc === AVCOL_TRC_ARIB_STD_B67 ? 'arib-std-b67' : null };
}

/** Seconds from the video's first frame to its end. A single picture lasts as long as one frame. */
function durationOf(input: FormatContext, stream: Stream): number {
  const { num, den } = stream.timeBase;
  const { avgFrameRate } = stream;
  if (stream.duration > 0n) return (Number(stream.duration) * num) / den;
  const demuxer = input.iformat?.name ?? '';
  if (isPicture(demuxer)) return avgFrameRate.num > 0 ? avgFrameRate.den / avgFrameRate.num : 1;
  // Matroska counts from zero, wherever its first frame is.
  const startSec = stream.startTime > 0n ? (Number(stream.startTime) * num) / den : 0;
  const ofFile = Number(input.duration) / 1e6;
  return demuxer.startsWith('matroska') ? ofFile - startSec : ofFile;
}
