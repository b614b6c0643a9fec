import {
  AV_CHANNEL_ORDER_NATIVE,
  AV_CODEC_ID_PCM_S16LE,
  AV_CODEC_ID_PNG,
  AV_DISPOSITION_ATTACHED_PIC,
  AVMEDIA_TYPE_AUDIO,
  AVMEDIA_TYPE_VIDEO,
} from 'node-av/constants';
import { FormatContext, Packet, Rational } from 'node-av/lib';
import { check } from './encode.js';

/** A second of silence in a QuickTime file; with `cover`, a picture of it too, as music has. */
export function writeSound(path: string, cover: Buffer | null): void {
  const output = new FormatContext();
  check(output.allocOutputContext2(null, cover === null ? 'mov' : 'mp4', path));
  const sound = output.newStream(null);
  sound.timeBase = new Rational(1, 8000);
  sound.codecpar.codecType = AVMEDIA_TYPE_AUDIO;
  sound.codecpar.codecId = AV_CODEC_ID_PCM_S16LE;
  sound.codecpar.sampleRate = 8000;
  sound.codecpar.channelLayout = { nbChannels: 1, order: AV_CHANNEL_ORDER_NATIVE, mask: 4n };
  if (cover !== null) {
    const picture = output.newStream(null);
    picture.codecpar.codecType = AVMEDIA_TYPE_VIDEO;
    picture.codecpar.codecId = AV_CODEC_ID_PNG;
    picture.codecpar.width = 96;
    picture.codecpar.height = 64;
    picture.disposition = AV_DISPOSITION_ATTACHED_PIC;
  }
  check(output.openOutputSync());
  check(output.writeHeaderSync());
  const packet = new Packet();
  packet.alloc();
  if (cover !== null) {
    packet.data = cover;
    packet.streamIndex = 1;
    packet.pts = packet.dts = 0n;
    check(output.writeFrameSync(packet));
  }
  packet.data = Buffer.alloc(16_000);
  packet.streamIndex = 0;
  packet.pts = packet.dts = 0n;
  packet.duration = 8000n;
  check(output.writeFrameSync(packet));
  check(output.writeTrailerSync());
  output.closeOutputSync();
  output.freeContext();
}
