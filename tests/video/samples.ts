import { readFile, writeFile } from 'node:fs/promises';
import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_LOG_QUIET,
  AV_PIX_FMT_YUV420P,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  FF_ENCODER_LIBX264,
} from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, FormatContext, Frame, Log, Packet, Rational } from 'node-av/lib';

export const SAMPLE_WIDTH_PX = 64;
export const SAMPLE_HEIGHT_PX = 48;

/** Video-range luma that frame `n` of a sample is filled with: neighbours differ by 20 levels. */
export function lumaOf(n: number): number {
  return 20 + ((n * 20) % 200);
}

/** What a reader should give for it. */
export function greyOf(n: number): number {
  return Math.round(((lumaOf(n) - 16) * 255) / 219);
}

/**
 * A video whose frame n is on screen from `timesSec[n]` on. Unlike the writers under test it may have B
 * frames, long groups of pictures and uneven times.
 */
export async function writeSample(
  path: string,
  video: {
    readonly timesSec: readonly number[];
    readonly bFrames?: number;
    readonly gop?: number;
    readonly paint?: (frame: number, x: number, y: number) => number;
  },
): Promise<void> {
  Log.setLevel(AV_LOG_QUIET);
  const timeBase = new Rational(1, 1000);
  const output = new FormatContext();
  const encoder = new CodecContext();
  const packet = new Packet();
  packet.alloc();
  check(output.allocOutputContext2(null, 'mp4', path));
  const codec = Codec.findEncoderByName(FF_ENCODER_LIBX264);
  if (codec === null) throw new Error('no libx264');
  encoder.allocContext3(codec);
  encoder.width = SAMPLE_WIDTH_PX;
  encoder.height = SAMPLE_HEIGHT_PX;
  encoder.pixelFormat = AV_PIX_FMT_YUV420P;
  encoder.timeBase = timeBase;
  encoder.gopSize = video.gop ?? 12;
  encoder.maxBFrames = video.bFrames ?? 0;
  encoder.threadCount = 1;
  encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  check(encoder.setOption('crf', '12'));
  check(encoder.setOption('x264-params', 'scenecut=0:b-adapt=0'));
  check(encoder.open2Sync(codec));
  const stream = output.newStream(codec);
  stream.timeBase = timeBase;
  check(stream.codecpar.fromContext(encoder));
  check(output.openOutputSync());
  check(output.writeHeaderSync());
  const drain = (): void => {
    for (;;) {
      const got = encoder.receivePacketSync(packet);
      if (got === AVERROR_EAGAIN || got === AVERROR_EOF) return;
      check(got);
      packet.streamIndex = stream.index;
      packet.duration = 200n;
      packet.rescaleTs(timeBase, stream.timeBase);
      check(output.interleavedWriteFrameSync(packet));
    }
  };
  const paint = video.paint ?? lumaOf;
  for (const [n, sec] of video.timesSec.entries()) {
    const frame = new Frame();
    frame.alloc();
    frame.format = AV_PIX_FMT_YUV420P;
    frame.width = SAMPLE_WIDTH_PX;
    frame.height = SAMPLE_HEIGHT_PX;
    check(frame.getBuffer());
    check(frame.fromBuffer(planes((x, y) => paint(n, x, y))));
    frame.pts = BigInt(Math.round(sec * 1000));
    frame.timeBase = timeBase;
    check(encoder.sendFrameSync(frame));
    frame.free();
    drain();
  }
  check(encoder.sendFrameSync(null));
  drain();
  check(output.writeTrailerSync());
  output.closeOutputSync();
  packet.free();
  encoder.freeContext();
  output.freeContext();
}

/** Times of `count` frames at a steady rate. */
export function steady(count: number, fps: number): readonly number[] {
  return Array.from({ length: count }, (_, n) => n / fps);
}

/** Copies an MP4, its picture turned clockwise by 90° through the display matrix of its track header. */
export async function copyTurned(from: string, to: string): Promise<void> {
  const bytes = await readFile(from);
  const header = bytes.indexOf('tkhd');
  // Behind the name: version and flags 4, times 8, id 4, 4 empty, duration 4, 8 empty, layer to volume 8.
  const matrix = header + 4 + 40;
  const fixed = [0, 0x10000, 0, -0x10000, 0, 0, SAMPLE_HEIGHT_PX * 0x10000, 0, 0x40000000];
  fixed.forEach((value, index) => bytes.writeInt32BE(value, matrix + index * 4));
  await writeFile(to, bytes);
}

/** Copies an MP4 with its index in front and only the first half of its pictures: promises more than it holds. */
export async function copyCutBehindIndex(from: string, to: string): Promise<void> {
  const bytes = await readFile(from);
  const boxes = new Map<string, Buffer>();
  for (let at = 0; at < bytes.length; at += bytes.readUInt32BE(at)) {
    boxes.set(bytes.toString('latin1', at + 4, at + 8), bytes.subarray(at, at + bytes.readUInt32BE(at)));
  }
  const [ftyp, moov, mdat] = ['ftyp', 'moov', 'mdat'].map((name) => Buffer.from(boxes.get(name) ?? []));
  if (ftyp === undefined || moov === undefined || mdat === undefined)
    throw new Error(`${from}: not as expected`);
  const moved = ftyp.length + moov.length - (bytes.indexOf('mdat') - 4);
  const chunks = moov.indexOf('stco') + 4;
  const count = moov.readUInt32BE(chunks + 4);
  for (let n = 0; n < count; n++) {
    const at = chunks + 8 + n * 4;
    moov.writeUInt32BE(moov.readUInt32BE(at) + moved, at);
  }
  await writeFile(to, Buffer.concat([ftyp, moov, mdat.subarray(0, mdat.length >> 1)]));
}

function planes(luma: (x: number, y: number) => number): Buffer {
  const count = SAMPLE_WIDTH_PX * SAMPLE_HEIGHT_PX;
  const bytes = Buffer.alloc((count * 3) / 2, 128);
  for (let y = 0; y < SAMPLE_HEIGHT_PX; y++) {
    for (let x = 0; x < SAMPLE_WIDTH_PX; x++) bytes[y * SAMPLE_WIDTH_PX + x] = luma(x, y);
  }
  return bytes;
}

function check(code: number): void {
  if (code < 0) throw new Error(FFmpegError.strerror(code));
}
