import {
  AV_PKT_DATA_DISPLAYMATRIX,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  AVMEDIA_TYPE_VIDEO,
  AVSEEK_FLAG_BACKWARD,
} from 'node-av/constants';
import type { Stream } from 'node-av/lib';
import { Codec, CodecContext, FFmpegError, FormatContext, Packet } from 'node-av/lib';
import type { FrameRequest, Picture, VideoInfo } from '../../activities/ports.js';
import { DataFailure } from '../../domain/failures.js';
import { CLOCK_SLACK_SEC } from './clock.js';
import { copied, newFrame } from './node-av-picture.js';
import { quarterTurns, turned } from './rotation.js';

/** Frames further ahead than this are reached by seeking to the key frame before them. */
const SEEK_AHEAD_SEC = 2;
/** Below this a timestamp of FFmpeg's means "unknown". */
const UNKNOWN_TICK = -(2n ** 62n);

/**
 * One opened video, read forwards. Packets are read ahead up to the time asked for, so that decoding begins
 * at the last key frame before it, and ends as soon as no later frame can be on screen.
 */
export class OpenVideo {
  readonly info: VideoInfo;
  readonly #path: string;
  readonly #input = new FormatContext();
  readonly #decoder = new CodecContext();
  readonly #stream: Stream;
  readonly #secondsPerTick: number;
  readonly #startTick: number;
  readonly #quarterTurns: number;
  /** Packets read from the file and not yet decoded. */
  readonly #queue: Packet[] = [];
  #endOfFile = false;
  #drained = false;
  /** Packets in the decoder whose frames have not come out. */
  #inside = 0;
  /** The frame on screen at the last time asked for, and the one after it. */
  #current = newFrame();
  #next = newFrame();
  #hasCurrent = false;
  #hasNext = false;

  constructor(path: string) {
    this.#path = path;
    try {
      this.#check(this.#input.openInputSync(path), 'is not a video that FFmpeg can open, or is cut short');
      this.#check(this.#input.findStreamInfoSync(), 'has no stream that FFmpeg can read');
      const best = this.#input.findBestStream(AVMEDIA_TYPE_VIDEO);
      const stream = best < 0 ? undefined : this.#input.streams[best];
      if (stream === undefined) throw new DataFailure(`${path}: has no video stream`);
      this.#stream = stream;
      const { codecpar, timeBase } = stream;
      const codec = Codec.findDecoder(codecpar.codecId);
      if (codec === null) throw new DataFailure(`${path}: its codec is unknown to this FFmpeg`);
      this.#decoder.allocContext3(codec);
      this.#check(this.#decoder.parametersToContext(codecpar), 'has unusable codec parameters');
      this.#decoder.threadCount = 1;
      this.#decoder.pktTimebase = timeBase;
      this.#check(this.#decoder.open2Sync(codec), 'cannot be decoded');
      this.#secondsPerTick = timeBase.num / timeBase.den;
      this.#startTick = stream.startTime > UNKNOWN_TICK ? Number(stream.startTime) : 0;
      const matrix = codecpar.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX);
      this.#quarterTurns = matrix === null ? 0 : quarterTurns(matrix);
      const upright = this.#quarterTurns % 2 === 0;
      const durationSec =
        stream.duration > 0n
          ? Number(stream.duration) * this.#secondsPerTick
          : Number(this.#input.duration) / 1e6;
      if (!(durationSec > 0) || codecpar.width <= 0 || codecpar.height <= 0) {
        throw new DataFailure(`${path}: has a video stream without a size or a duration`);
      }
      this.info = {
        widthPx: upright ? codecpar.width : codecpar.height,
        heightPx: upright ? codecpar.height : codecpar.width,
        durationSec,
        codec: codec.name ?? 'unknown',
      };
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** The picture on screen at `sec`. Times must not go down from one call to the next. */
  pictureAt(sec: number, channels: 1 | 3, size?: FrameRequest['size']): Picture {
    const target = sec + CLOCK_SLACK_SEC;
    if (target - this.#reachedSec() > SEEK_AHEAD_SEC) this.#seek(sec);
    this.#skipToKeyFrame(target);
    if (!this.#hasCurrent) this.#hasCurrent = this.#decodeInto(this.#current);
    if (!this.#hasCurrent)
      throw new DataFailure(`${this.#path}: has no frame at ${sec} s; it is cut short or damaged`);
    while (!this.#isSurelyOnScreen(target)) {
      if (!this.#hasNext) this.#hasNext = this.#decodeInto(this.#next);
      if (!this.#hasNext || this.#secOf(this.#next) > target) break;
      [this.#current, this.#next] = [this.#next, this.#current];
      this.#hasNext = false;
    }
    this.#refuseIfCutShort(sec);
    const sideways = this.#quarterTurns % 2 === 1;
    const scaledTo =
      size === undefined || !sideways ? size : { widthPx: size.heightPx, heightPx: size.widthPx };
    return turned(copied(this.#current, channels, scaledTo), this.#quarterTurns);
  }

  close(): void {
    for (const packet of this.#queue) packet.free();
    this.#current.free();
    this.#next.free();
    this.#decoder.freeContext();
    this.#input.closeInputSync();
  }

  #reachedSec(): number {
    if (this.#hasNext) return this.#secOf(this.#next);
    return this.#hasCurrent ? this.#secOf(this.#current) : 0;
  }

  #seek(sec: number): void {
    const tick = BigInt(Math.floor(sec / this.#secondsPerTick) + this.#startTick);
    // A file that cannot seek is read on from where it is.
    if (this.#input.seekFrameSync(this.#stream.index, tick, AVSEEK_FLAG_BACKWARD) < 0) return;
    for (const packet of this.#queue.splice(0)) packet.free();
    this.#endOfFile = false;
    this.#startAfresh();
  }

  /** Reads packets up to the first beyond `target`; drops all before the last key frame that is not beyond it. */
  #skipToKeyFrame(target: number): void {
    for (;;) {
      const last = this.#queue.at(-1);
      if (last !== undefined && !(this.#packetSec(last) <= target)) return;
      const packet = this.#read();
      if (packet === null) return;
      if (
        packet.isKeyframe &&
        this.#packetSec(packet) <= target &&
        this.#packetSec(packet) > this.#reachedSec()
      ) {
        for (const earlier of this.#queue.splice(0)) earlier.free();
        this.#startAfresh();
      }
      this.#queue.push(packet);
    }
  }

  #startAfresh(): void {
    this.#decoder.flushBuffers();
    this.#inside = 0;
    this.#hasCurrent = false;
    this.#hasNext = false;
    this.#drained = false;
  }

  /** True when the stream keeps its frames in order and the next packet is beyond the target: no need to decode it. */
  #isSurelyOnScreen(target: number): boolean {
    const upcoming = this.#queue[0];
    if (this.#hasNext || upcoming === undefined || this.#inside > 0) return false;
    const sec = this.#packetSec(upcoming);
    return this.#stream.codecpar.videoDelay === 0 && Number.isFinite(sec) && sec > target;
  }

  /** A file whose index promises more than it holds ends early: its last frame must not stand in for later ones. */
  #refuseIfCutShort(sec: number): void {
    if (this.#hasNext || !this.#drained) return;
    const { num, den } = this.#stream.avgFrameRate;
    const frameSec = num > 0 && den > 0 ? den / num : 0;
    const lastSec = this.#secOf(this.#current);
    const shownUntilSec = lastSec + Math.max(frameSec * 1.5, 0.1);
    if (sec > shownUntilSec && shownUntilSec < this.info.durationSec - frameSec) {
      const [last, promised] = [lastSec.toFixed(2), this.info.durationSec.toFixed(2)];
      throw new DataFailure(
        `${this.#path}: its last frame is at ${last} s of ${promised} s; it is cut short or damaged`,
      );
    }
  }

  #secOf(frame: { readonly bestEffortTimestamp: bigint }): number {
    return (Number(frame.bestEffortTimestamp) - this.#startTick) * this.#secondsPerTick;
  }

  /** Infinity when the packet does not say. */
  #packetSec(packet: Packet): number {
    return packet.pts > UNKNOWN_TICK
      ? (Number(packet.pts) - this.#startTick) * this.#secondsPerTick
      : Infinity;
  }

  /** Decodes the next frame; false at the end of the file. */
  #decodeInto(frame: ReturnType<typeof newFrame>): boolean {
    for (;;) {
      const got = this.#decoder.receiveFrameSync(frame);
      if (got >= 0) {
        this.#inside -= 1;
        return true;
      }
      if (got === AVERROR_EOF || (got === AVERROR_EAGAIN && this.#drained)) return false;
      if (got !== AVERROR_EAGAIN) this.#check(got, 'is damaged');
      this.#feed();
    }
  }

  /** Sends the decoder the next packet, or the end. */
  #feed(): void {
    const packet = this.#queue.shift() ?? this.#read();
    if (packet === null) {
      this.#drained = true;
      this.#decoder.sendPacketSync(null);
      return;
    }
    const sent = this.#decoder.sendPacketSync(packet);
    packet.free();
    this.#check(sent, 'is damaged');
    this.#inside += 1;
  }

  /** The next packet of the video stream, ours to free; null at the end of the file. */
  #read(): Packet | null {
    while (!this.#endOfFile) {
      const packet = new Packet();
      packet.alloc();
      const read = this.#input.readFrameSync(packet);
      if (read >= 0 && packet.streamIndex === this.#stream.index) return packet;
      packet.free();
      if (read === AVERROR_EOF) this.#endOfFile = true;
      else this.#check(read, 'is damaged or cut short');
    }
    return null;
  }

  #check(code: number, what: string): void {
    if (code < 0) throw new DataFailure(`${this.#path}: ${what} (${FFmpegError.strerror(code)})`);
  }
}
