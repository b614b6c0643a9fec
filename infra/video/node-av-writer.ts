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
import {
  Codec,
  CodecContext,
  FFmpegError,
  FormatContext,
  Frame,
  getFFmpegInfo,
  Log,
  Packet,
  Rational,
} from 'node-av/lib';
import type { VideoWriter } from '../../activities/ports.js';
import { planarYuv } from './luma.js';
import { X264_PARAMS, X264_PRESET } from './x264.js';

/**
 * Writes H.264 in MP4 in this process, through the FFmpeg libraries that `node-av` carries. Only its
 * synchronous calls are used: its asynchronous ones need Node 22.
 *
 * Encoder options go through `setOption`: handing node-av 6.1.1 a dictionary at `open2Sync` frees it twice
 * and corrupts the heap.
 */
export class NodeAvWriter implements VideoWriter {
  readonly version = `node-av (FFmpeg ${getFFmpegInfo().version})`;

  async write(path: string, video: Parameters<VideoWriter['write']>[1]): Promise<void> {
    Log.setLevel(AV_LOG_QUIET);
    const { fps, widthPx, heightPx, channels, crf } = video;
    const output = new FormatContext();
    const encoder = new CodecContext();
    const packet = new Packet();
    packet.alloc();
    try {
      check(output.allocOutputContext2(null, 'mp4', path), path);
      output.setFlags(AVFMT_FLAG_BITEXACT);
      const codec = Codec.findEncoderByName(FF_ENCODER_LIBX264);
      if (codec === null) throw new Error(`${path}: this FFmpeg has no libx264`);
      encoder.allocContext3(codec);
      encoder.width = widthPx;
      encoder.height = heightPx;
      encoder.pixelFormat = AV_PIX_FMT_YUV420P;
      encoder.timeBase = new Rational(1, fps);
      encoder.framerate = new Rational(fps, 1);
      encoder.threadCount = 1;
      encoder.maxBFrames = 0;
      encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER, AV_CODEC_FLAG_BITEXACT);
      check(encoder.setOption('preset', X264_PRESET), path);
      check(encoder.setOption('crf', String(crf)), path);
      check(encoder.setOption('x264-params', X264_PARAMS(fps)), path);
      check(encoder.open2Sync(codec), path);
      const stream = output.newStream(codec);
      stream.timeBase = encoder.timeBase;
      stream.avgFrameRate = encoder.framerate;
      check(stream.codecpar.fromContext(encoder), path);
      check(output.openOutputSync(), path);
      check(output.writeHeaderSync(), path);

      const [frameTime, streamTime] = [encoder.timeBase, stream.timeBase];
      const drain = (): void => {
        for (;;) {
          const got = encoder.receivePacketSync(packet);
          if (got === AVERROR_EAGAIN || got === AVERROR_EOF) return;
          check(got, path);
          packet.streamIndex = stream.index;
          packet.duration = 1n;
          packet.rescaleTs(frameTime, streamTime);
          check(output.interleavedWriteFrameSync(packet), path);
        }
      };
      let pts = 0n;
      for await (const pixels of video.frames) {
        const frame = new Frame();
        frame.alloc();
        frame.format = AV_PIX_FMT_YUV420P;
        frame.width = widthPx;
        frame.height = heightPx;
        try {
          check(frame.getBuffer(), path);
          const planes = planarYuv(pixels, widthPx, heightPx, channels);
          const { buffer, byteOffset, byteLength } = planes;
          check(frame.fromBuffer(Buffer.from(buffer, byteOffset, byteLength)), path);
          frame.pts = pts++;
          frame.timeBase = frameTime;
          check(encoder.sendFrameSync(frame), path);
        } finally {
          frame.free();
        }
        drain();
      }
      check(encoder.sendFrameSync(null), path);
      drain();
      check(output.writeTrailerSync(), path);
      output.closeOutputSync();
    } finally {
      packet.free();
      encoder.freeContext();
      output.freeContext();
    }
  }
}

function check(code: number, path: string): void {
  if (code < 0) throw new Error(`${path}: cannot be written: ${FFmpegError.strerror(code)}`);
}
