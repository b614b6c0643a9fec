import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_LOG_QUIET,
  AV_PIX_FMT_YUV420P,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  FF_ENCODER_LIBX264,
} from 'node-av/constants';
import { Codec, CodecContext, FormatContext, Frame, Log, Packet, Rational } from 'node-av/lib';
import { check } from './encode.js';
import { paintNumber } from './numbered.js';

/** Frames of the one group of pictures that a long file repeats. */
export const GROUP = 250;
const SCALE = 15;
const [WIDTH_PX, HEIGHT_PX] = [1920, 1080];

/** A 1080p H.264 file of any length, made in no time: one encoded group, written again and again. Frame n shows n mod 250. */
export function writeLong(path: string, groups: number, fps = 25): void {
  Log.setLevel(AV_LOG_QUIET);
  const output = new FormatContext();
  check(output.allocOutputContext2(null, 'mp4', path));
  const encoder = new CodecContext();
  const codec = Codec.findEncoderByName(FF_ENCODER_LIBX264);
  if (codec === null) throw new Error('no libx264');
  encoder.allocContext3(codec);
  encoder.width = WIDTH_PX;
  encoder.height = HEIGHT_PX;
  encoder.pixelFormat = AV_PIX_FMT_YUV420P;
  encoder.timeBase = new Rational(1, fps);
  encoder.framerate = new Rational(fps, 1);
  encoder.gopSize = GROUP;
  encoder.maxBFrames = 2;
  encoder.setFlags(AV_CODEC_FLAG_GLOBAL_HEADER);
  check(encoder.setOption('preset', 'ultrafast'));
  check(encoder.setOption('x264-params', 'scenecut=0:bframes=2:b-adapt=0'));
  check(encoder.open2Sync(codec));
  const stream = output.newStream(null);
  stream.timeBase = encoder.timeBase;
  stream.avgFrameRate = encoder.framerate;
  check(stream.codecpar.fromContext(encoder));
  check(output.openOutputSync());
  check(output.writeHeaderSync());
  const packets = encodedGroup(encoder);
  for (let group = 0; group < groups; group++) {
    for (const original of packets) {
      const packet = original.clone();
      if (packet === null) throw new Error('out of memory');
      packet.pts += BigInt(group * GROUP);
      packet.dts += BigInt(group * GROUP);
      packet.duration = 1n;
      packet.rescaleTs(encoder.timeBase, stream.timeBase);
      check(output.writeFrameSync(packet));
      packet.free();
    }
  }
  check(output.writeTrailerSync());
  output.closeOutputSync();
  output.freeContext();
  encoder.freeContext();
}

function encodedGroup(encoder: CodecContext): readonly Packet[] {
  const packets: Packet[] = [];
  const drain = (): void => {
    for (;;) {
      const packet = new Packet();
      packet.alloc();
      const got = encoder.receivePacketSync(packet);
      if (got === AVERROR_EAGAIN || got === AVERROR_EOF) {
        packet.free();
        return;
      }
      check(got);
      packets.push(packet);
    }
  };
  const planes = Buffer.alloc((WIDTH_PX * HEIGHT_PX * 3) / 2, 128);
  for (let n = 0; n < GROUP; n++) {
    paintLarge(planes, n);
    const frame = new Frame();
    frame.alloc();
    frame.format = AV_PIX_FMT_YUV420P;
    frame.width = WIDTH_PX;
    frame.height = HEIGHT_PX;
    check(frame.getBuffer());
    check(frame.fromBuffer(planes));
    frame.pts = BigInt(n);
    frame.timeBase = encoder.timeBase;
    check(encoder.sendFrameSync(frame));
    frame.free();
    drain();
  }
  check(encoder.sendFrameSync(null));
  drain();
  return packets;
}

/** The number at a fifteenth of the size, enlarged. */
function paintLarge(planes: Buffer, n: number): void {
  const paint = paintNumber(n, WIDTH_PX / SCALE, HEIGHT_PX / SCALE);
  for (let y = 0; y < HEIGHT_PX; y += SCALE) {
    for (let x = 0; x < WIDTH_PX; x += SCALE) {
      planes.fill(paint(x / SCALE, y / SCALE), y * WIDTH_PX + x, y * WIDTH_PX + x + SCALE);
    }
    for (let below = 1; below < SCALE; below++) {
      planes.copyWithin((y + below) * WIDTH_PX, y * WIDTH_PX, (y + 1) * WIDTH_PX);
    }
  }
}
