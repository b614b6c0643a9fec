import {
  AV_CODEC_FLAG_BITEXACT,
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_LOG_QUIET,
  AV_PIX_FMT_YUV420P,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  AVFMT_FLAG_BITEXACT,
  FF_ENCODER_LIBX264,
} from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, FormatContext, Frame, Log, Packet, Rational } from 'node-av/lib';
import type { Film } from './film.js';

/** What people's encoders do when nobody tells them otherwise: x264's own group of pictures and B frames, closed groups. */
export const ENCODING = { preset: 'veryfast', crf: '23', gop: 250, bFrames: 3, threads: 2 } as const;

/**
 * Writes the film to MP4 files, each as many times over as it says: encoded once, its packets repeated. Every repetition
 * begins with a key frame, as the film does.
 *
 * @param frames planar YUV 4:2:0
 */
export async function writeFilms(
  film: Film,
  frames: Iterable<Uint8Array>,
  files: readonly { readonly path: string; readonly times: number }[],
  { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: (done: number) => void },
): Promise<void> {
  Log.setLevel(AV_LOG_QUIET);
  const encoder = openEncoder(film);
  const packets: Packet[] = [];
  try {
    let pts = 0;
    for (const yuv of frames) {
      signal.throwIfAborted();
      send(encoder, film, yuv, pts++);
      packets.push(...received(encoder));
      onProgress(pts);
      // Encoding holds the thread: without a breath nobody hears Ctrl-C.
      await new Promise(setImmediate);
    }
    check(encoder.sendFrameSync(null));
    packets.push(...received(encoder));
    for (const { path, times } of files) await mux(encoder, film, packets, path, times, signal);
  } finally {
    for (const packet of packets) packet.free();
    encoder.freeContext();
  }
}

function openEncoder({ widthPx, heightPx, fps }: Film): CodecContext {
  const codec = Codec.findEncoderByName(FF_ENCODER_LIBX264);
  if (codec === null) throw new Error('this FFmpeg has no libx264');
  const encoder = new CodecContext();
  encoder.allocContext3(codec);
  encoder.width = widthPx;
  encoder.height = heightPx;
  encoder.pixelFormat = AV_PIX_FMT_YUV420P;
  encoder.timeBase = new Rational(1, fps);
  encoder.framerate = new Rational(fps, 1);
  encoder.gopSize = ENCODING.gop;
  encoder.maxBFrames = ENCODING.bFrames;
  encoder.threadCount = ENCODING.threads;
  encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER, AV_CODEC_FLAG_BITEXACT);
  check(encoder.setOption('preset', ENCODING.preset));
  check(encoder.setOption('crf', ENCODING.crf));
  check(encoder.open2Sync(codec));
  return encoder;
}

function send(encoder: CodecContext, { widthPx, heightPx }: Film, yuv: Uint8Array, pts: number): void {
  const frame = new Frame();
  frame.alloc();
  frame.format = AV_PIX_FMT_YUV420P;
  frame.width = widthPx;
  frame.height = heightPx;
  try {
    check(frame.getBuffer());
    check(frame.fromBuffer(Buffer.from(yuv.buffer, yuv.byteOffset, yuv.byteLength)));
    frame.pts = BigInt(pts);
    frame.timeBase = encoder.timeBase;
    check(encoder.sendFrameSync(frame));
  } finally {
    frame.free();
  }
}

function received(encoder: CodecContext): readonly Packet[] {
  const packets: Packet[] = [];
  for (;;) {
    const packet = new Packet();
    packet.alloc();
    const got = encoder.receivePacketSync(packet);
    if (got >= 0) {
      packets.push(packet);
      continue;
    }
    packet.free();
    if (got !== AVERROR_EAGAIN && got !== AVERROR_EOF) check(got);
    return packets;
  }
}

async function mux(
  encoder: CodecContext,
  { fps, frames }: Film,
  packets: readonly Packet[],
  path: string,
  times: number,
  signal: AbortSignal,
): Promise<void> {
  const output = new FormatContext();
  const timeBase = new Rational(1, fps);
  try {
    check(output.allocOutputContext2(null, 'mp4', path));
    output.setFlags(AVFMT_FLAG_BITEXACT);
    const stream = output.newStream();
    stream.timeBase = timeBase;
    stream.avgFrameRate = new Rational(fps, 1);
    check(stream.codecpar.fromContext(encoder));
    check(output.openOutputSync());
    check(output.writeHeaderSync());
    for (let time = 0; time < times; time++) {
      signal.throwIfAborted();
      const shift = BigInt(time * frames);
      for (const packet of packets) {
        const copy = packet.clone();
        if (copy === null) throw new Error('no memory for a packet');
        copy.pts += shift;
        copy.dts += shift;
        copy.duration = 1n;
        copy.streamIndex = stream.index;
        copy.rescaleTs(timeBase, stream.timeBase);
        check(output.interleavedWriteFrameSync(copy));
        copy.free();
      }
      await new Promise(setImmediate);
    }
    check(output.writeTrailerSync());
    output.closeOutputSync();
  } finally {
    output.freeContext();
  }
}

function check(code: number): void {
  if (code < 0) throw new Error(`the bench's film cannot be written: ${FFmpegError.strerror(code)}`);
}
