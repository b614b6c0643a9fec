import { AV_PKT_FLAG_DISCARD, AVERROR_EOF, AVSEEK_FLAG_BACKWARD } from 'node-av/constants';
import { Packet } from 'node-av/lib';
import type { Opened } from './node-av-open.js';
import { check, UNKNOWN_TICK } from './node-av-open.js';

/** How far before a time a seek is tried, one after the other. */
const BACK_SEC = [0, 1, 4, 16, 64, Infinity];

/** A packet of the video stream; times in seconds after the video's first frame, NaN where it does not say. */
export interface TimedPacket {
  readonly packet: Packet;
  readonly sec: number;
  readonly decodeSec: number;
  readonly isKey: boolean;
  /** Needed to decode others, and never on screen: what an edit list cuts off. */
  readonly isHidden: boolean;
}

/** The demuxer's side of a video: its packets in the order of decoding, read ahead and taken. */
export class PacketQueue {
  readonly #path: string;
  readonly #video: Opened;
  readonly #waiting: TimedPacket[] = [];
  #endOfFile = false;
  /** Where the first packet is decoded: with reordered frames before the first one is shown. */
  #firstTick: bigint | null = null;

  constructor(path: string, video: Opened) {
    this.#path = path;
    this.#video = video;
  }

  /** Read and not yet taken. */
  get waiting(): readonly TimedPacket[] {
    return this.#waiting;
  }

  get endOfFile(): boolean {
    return this.#endOfFile;
  }

  /** Reads one more packet; null at the end of the file. */
  readAhead(): TimedPacket | null {
    const { input, stream } = this.#video;
    while (!this.#endOfFile) {
      const packet = new Packet();
      packet.alloc();
      const read = input.readFrameSync(packet);
      if (read >= 0 && packet.streamIndex === stream.index) {
        const timed = this.#timed(packet);
        this.#firstTick ??= packet.dts;
        this.#waiting.push(timed);
        return timed;
      }
      packet.free();
      if (read === AVERROR_EOF) this.#endOfFile = true;
      else check(this.#path, read, 'is cut short or damaged');
    }
    return null;
  }

  /** The next packet, the caller's to free; null at the end of the file. */
  take(): TimedPacket | null {
    if (this.#waiting.length === 0) this.readAhead();
    return this.#waiting.shift() ?? null;
  }

  /** Frees the first `count` packets unread. */
  drop(count: number): void {
    for (const { packet } of this.#waiting.splice(0, count)) packet.free();
  }

  /**
   * Goes to the last key frame before a time that a seek can find; false for a file that cannot seek, which is then
   * read on. Without an index (MPEG-TS) a seek may land behind a key frame: it is then tried from further back.
   */
  seek(sec: number): boolean {
    if (this.#firstTick === null) this.readAhead();
    for (const backSec of BACK_SEC) {
      const from = Math.max(0, sec - backSec);
      if (!this.#seekOnce(from)) return false;
      for (let at = this.readAhead(); at !== null; at = this.readAhead()) {
        if (at.isKey && !(at.sec > sec)) {
          this.drop(this.#waiting.length - 1);
          return true;
        }
        if (at.sec > sec) break;
      }
      if (from === 0) break;
    }
    return this.#seekOnce(0);
  }

  #seekOnce(sec: number): boolean {
    const { input, stream, secondsPerTick, startTick } = this.#video;
    const shown = BigInt(Math.floor(sec / secondsPerTick) + startTick);
    // Without an index a seek goes by decoding times: the beginning is where decoding begins.
    const first = this.#firstTick ?? shown;
    const tick = sec === 0 && first > UNKNOWN_TICK && first < shown ? first : shown;
    if (input.seekFrameSync(stream.index, tick, AVSEEK_FLAG_BACKWARD) < 0) return false;
    this.drop(this.#waiting.length);
    this.#endOfFile = false;
    return true;
  }

  close(): void {
    this.drop(this.#waiting.length);
  }

  #timed(packet: Packet): TimedPacket {
    return {
      packet,
      sec: this.#secOf(packet.pts),
      decodeSec: this.#secOf(packet.dts),
      isKey: packet.isKeyframe,
      isHidden: packet.hasFlags(AV_PKT_FLAG_DISCARD),
    };
  }

  #secOf(tick: bigint): number {
    const { secondsPerTick, startTick } = this.#video;
    return tick > UNKNOWN_TICK ? (Number(tick) - startTick) * secondsPerTick : NaN;
  }
}
