import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_LOG_QUIET,
  AV_PIX_FMT_GRAY8,
  AV_PIX_FMT_YUV420P,
  AV_PIX_FMT_YUV420P10LE,
  AVCOL_PRI_BT2020,
  AVCOL_RANGE_MPEG,
  AVCOL_SPC_BT2020_NCL,
  AVCOL_TRC_ARIB_STD_B67,
  AVCOL_TRC_SMPTE2084,
  AVERROR_EAGAIN,
  AVERROR_EOF,
} from 'node-av/constants';
import type { FFVideoEncoder } from 'node-av/constants';
import type { Stream } from 'node-av/lib';
import { Codec, CodecContext, FFmpegError, FormatContext, Frame, Log, Packet, Rational } from 'node-av/lib';
import { paintNumber } from './numbered.js';

export interface Encoding {
  readonly codec: string;
  readonly muxer: string;
  /** Ticks of 1/25 s at which each frame begins; the last lasts one tick. */
  readonly ticks: readonly number[];
  /** The number that the first frame carries; 0 unless told. */
  readonly firstNumber?: number;
  readonly widthPx?: number;
  readonly heightPx?: number;
  readonly bFrames?: number;
  readonly gop?: number;
  readonly pixels?: 'yuv420p' | 'yuv420p10' | 'gray';
  readonly aspect?: readonly [number, number];
  readonly hdr?: 'pq' | 'hlg';
  readonly options?: Readonly<Record<string, string>>;
  readonly muxerOptions?: Readonly<Record<string, string>>;
  /** Luma in place of the number. */
  readonly paint?: (n: number, x: number, y: number) => number;
  /** Frames of another size, encoded anew into the same stream behind the first. */
  readonly then?: { readonly widthPx: number; readonly heightPx: number; readonly ticks: readonly number[] };
}

/** Ticks a second of every sample. */
export const TICKS = 25;
const FORMATS = { yuv420p: AV_PIX_FMT_YUV420P, yuv420p10: AV_PIX_FMT_YUV420P10LE, gray: AV_PIX_FMT_GRAY8 };

/** Encodes numbered frames through any encoder and muxer that node-av carries. */
export function encode(path: string, video: Encoding): void {
  Log.setLevel(AV_LOG_QUIET);
  const output = new FormatContext();
  check(output.allocOutputContext2(null, video.muxer, path));
  for (const [name, value] of Object.entries(video.muxerOptions ?? {})) check(output.setOption(name, value));
  const first = encoderFor(video);
  const stream = output.newStream(null);
  stream.timeBase = first.timeBase;
  stream.avgFrameRate = new Rational(TICKS, 1);
  check(stream.codecpar.fromContext(first));
  if (video.aspect !== undefined) stream.sampleAspectRatio = new Rational(...video.aspect);
  check(output.openOutputSync());
  check(output.writeHeaderSync());
  feed(output, stream, first, video);
  if (video.then !== undefined) {
    const rest = { ...video, ...video.then, firstNumber: video.ticks.length };
    feed(output, stream, encoderFor(rest), rest);
  }
  check(output.writeTrailerSync());
  output.closeOutputSync();
  output.freeContext();
}

function encoderFor(video: Encoding): CodecContext {
  const encoder = new CodecContext();
  const codec = Codec.findEncoderByName(video.codec as FFVideoEncoder);
  if (codec === null) throw new Error(`no ${video.codec}`);
  encoder.allocContext3(codec);
  encoder.width = video.widthPx ?? 96;
  encoder.height = video.heightPx ?? 64;
  encoder.pixelFormat = FORMATS[video.pixels ?? 'yuv420p'];
  encoder.timeBase = new Rational(1, TICKS);
  encoder.framerate = new Rational(TICKS, 1);
  encoder.gopSize = video.gop ?? 12;
  encoder.maxBFrames = video.bFrames ?? 0;
  encoder.threadCount = 1;
  if (video.aspect !== undefined) encoder.sampleAspectRatio = new Rational(...video.aspect);
  if (video.hdr !== undefined) {
    encoder.colorTrc = video.hdr === 'pq' ? AVCOL_TRC_SMPTE2084 : AVCOL_TRC_ARIB_STD_B67;
    encoder.colorPrimaries = AVCOL_PRI_BT2020;
    encoder.colorSpace = AVCOL_SPC_BT2020_NCL;
    encoder.colorRange = AVCOL_RANGE_MPEG;
  }
  if (!['mpegts', 'vob', 'avi'].includes(video.muxer)) encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  for (const [name, value] of Object.entries(video.options ?? {})) check(encoder.setOption(name, value));
  check(encoder.open2Sync(codec));
  return encoder;
}

function feed(output: FormatContext, stream: Stream, encoder: CodecContext, video: Encoding): void {
  const packet = new Packet();
  packet.alloc();
  const drain = (): void => {
    for (;;) {
      const got = encoder.receivePacketSync(packet);
      if (got === AVERROR_EAGAIN || got === AVERROR_EOF) return;
      check(got);
      packet.streamIndex = stream.index;
      if (packet.duration === 0n) packet.duration = 1n;
      packet.rescaleTs(encoder.timeBase, stream.timeBase);
      check(output.interleavedWriteFrameSync(packet));
    }
  };
  for (const [at, tick] of video.ticks.entries()) {
    const frame = new Frame();
    frame.alloc();
    frame.format = encoder.pixelFormat;
    frame.width = encoder.width;
    frame.height = encoder.height;
    check(frame.getBuffer());
    check(frame.fromBuffer(planes(encoder, video, (video.firstNumber ?? 0) + at)));
    frame.pts = BigInt(tick);
    frame.timeBase = encoder.timeBase;
    check(encoder.sendFrameSync(frame));
    frame.free();
    drain();
  }
  check(encoder.sendFrameSync(null));
  drain();
  packet.free();
  encoder.freeContext();
}

/** Packed planes: luma, and chroma that is grey. */
function planes({ width, height }: CodecContext, video: Encoding, n: number): Buffer {
  const number = paintNumber(n, width, height);
  const paint = video.paint === undefined ? number : (x: number, y: number) => video.paint?.(n, x, y) ?? 0;
  const luma = Uint8Array.from({ length: width * height }, (_, at) =>
    paint(at % width, Math.floor(at / width)),
  );
  if (video.pixels === 'gray') return Buffer.from(luma);
  const chroma = 2 * Math.ceil(width / 2) * Math.ceil(height / 2);
  const all = Buffer.concat([luma, Buffer.alloc(chroma, 128)]);
  return video.pixels === 'yuv420p10' ? Buffer.from(Uint16Array.from(all, (value) => value * 4).buffer) : all;
}

/** The ticks from 0 on, one frame each. */
export function everyTick(count: number): readonly number[] {
  return Array.from({ length: count }, (_, tick) => tick);
}

export function check(code: number): void {
  if (code < 0) throw new Error(FFmpegError.strerror(code));
}
