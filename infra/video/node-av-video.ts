import { AVERROR_EAGAIN, AVERROR_EOF } from 'node-av/constants';
import type { Frame } from 'node-av/lib';
import type { VideoInfo } from '../../activities/ports.js';
import { DataFailure } from '../../domain/failures.js';
import { CLOCK_SLACK_SEC } from './clock.js';
import type { Size } from './filters.js';
import type { VideoLimits } from './limits.js';
import type { Opened } from './node-av-open.js';
import { check, openVideo } from './node-av-open.js';
import type { TimedPacket } from './node-av-packets.js';
import { PacketQueue } from './node-av-packets.js';
import type { PackedPicture } from './node-av-picture.js';
import { newFrame, PicturePacker } from './node-av-picture.js';

/** Frames further ahead than this are looked for by seeking to the key frame before them. */
const SEEK_AHEAD_SEC = 2;
/** Codecs whose frames say that no other frame needs them; H.265's marks hold only within a temporal layer. */
const MARKS_SPARE_FRAMES = new Set(['h264', 'mpeg2video', 'mpeg4']);
/** How far before the time asked for frames are walked through from, one after the other. */
const WALK_BACK_SEC = [0, 20, 80, Infinity];
/** At most so many packets are read ahead to learn which frame is on screen. */
const MOST_AHEAD = 600;

/**
 * One opened video, read forwards. Packets are read ahead until it is known which of them is on screen at the time
 * asked for; decoding begins at the last key frame before it, leaves out frames that nothing needs, and ends as
 * soon as that one is there. Where packets do not tell (no times, damage), frames are walked through one by one.
 */
export class OpenVideo {
  readonly info: VideoInfo;
  readonly #path: string;
  readonly #video: Opened;
  readonly #packets: PacketQueue;
  readonly #packer: PicturePacker;
  readonly #reorderedBy: number;
  readonly #canSpare: boolean;
  /** Times of frames in the decoder that may still come out, and the last packet that went in. */
  #inside: number[] = [];
  #lastFedSec = -Infinity;
  #sparing = false;
  #drained = false;
  /** The frame on screen at the last time asked for, and the one after it where it was decoded too. */
  #current = newFrame();
  #next = newFrame();
  #hasCurrent = false;
  #hasNext = false;
  #walks = false;

  constructor(path: string, limits: VideoLimits, threads: number) {
    this.#path = path;
    this.#video = openVideo(path, limits, threads);
    this.info = this.#video.info;
    this.#packets = new PacketQueue(path, this.#video);
    this.#packer = new PicturePacker(path, this.#video);
    const { videoDelay } = this.#video.stream.codecpar;
    this.#reorderedBy = videoDelay;
    this.#canSpare = videoDelay > 0 && MARKS_SPARE_FRAMES.has(this.info.codec);
  }

  /** The picture on screen at `sec`. Times must not go down from one call to the next. */
  pictureAt(sec: number, channels: 1 | 3, size?: Size): PackedPicture {
    const target = sec + CLOCK_SLACK_SEC;
    if (!this.#walks && !this.#find(sec, target)) {
      this.#walks = true;
      this.#beginWalk(sec, target);
    }
    if (this.#walks) this.#walk(sec, target);
    this.#refuseIfCutShort(sec);
    return this.#packer.packed(this.#current, channels, size);
  }

  close(): void {
    this.#packets.close();
    this.#packer.close();
    this.#current.free();
    this.#next.free();
    this.#video.close();
  }

  /** Decodes the frame that the packets' times name; false where they do not say, or it does not come out. */
  #find(sec: number, target: number): boolean {
    if (target - this.#reachedSec() > SEEK_AHEAD_SEC) this.#jump(sec);
    const wanted = this.#timeOnScreen(target);
    if (wanted === null) return false;
    if (this.#hasCurrent && sameTime(this.#currentSec(), wanted)) return true;
    this.#dropToKeyFrame(target);
    for (;;) {
      const got = this.#video.decoder.receiveFrameSync(this.#current);
      this.#hasCurrent = got >= 0;
      if (got >= 0) {
        const shownSec = this.#currentSec();
        this.#inside = this.#inside.filter((inside) => inside > shownSec);
        if (sameTime(shownSec, wanted)) return true;
        // Beyond the one looked for: it will not come any more.
        if (shownSec > wanted) return false;
        continue;
      }
      if (got !== AVERROR_EAGAIN || this.#drained) return false;
      this.#feed(wanted);
    }
  }

  /** The time of the last frame that begins by `target`; null when the packets cannot tell. */
  #timeOnScreen(target: number): number | null {
    const times = [...(this.#hasCurrent ? [this.#currentSec()] : []), ...this.#inside];
    let beyond = times.filter((time) => time > target).length;
    let best = Math.max(-Infinity, ...times.filter((time) => time <= target));
    const weigh = ({ sec, isHidden }: TimedPacket): boolean => {
      if (Number.isNaN(sec)) return false;
      if (sec > target) beyond += 1;
      else if (!isHidden && sec > best) best = sec;
      return true;
    };
    if (!this.#packets.waiting.every(weigh)) return null;
    while (beyond <= this.#reorderedBy) {
      const packet = this.#packets.readAhead();
      if (packet === null) break;
      if (!weigh(packet) || this.#packets.waiting.length > MOST_AHEAD) return null;
      // What lies before a key frame is not needed for what comes behind it.
      if (packet.isKey && packet.sec <= target) this.#dropToKeyFrame(target);
    }
    return best === -Infinity ? null : best;
  }

  /** Leaves out everything before the last key frame that is not beyond `target`. */
  #dropToKeyFrame(target: number): void {
    const { waiting } = this.#packets;
    const key = waiting.findLastIndex(({ isKey, sec }) => isKey && sec <= target);
    if (key < 0 || (key === 0 && this.#lastFedSec === -Infinity)) return;
    if (this.#hasCurrent && (waiting[key]?.sec ?? 0) <= this.#currentSec()) return;
    this.#packets.drop(key);
    this.#startAfresh();
  }

  /** Goes to the key frame before `sec`, unless the decoder is already past it: it then reads on where it was. */
  #jump(sec: number): void {
    const fedSec = this.#lastFedSec;
    if (!this.#packets.seek(sec)) return;
    const [first] = this.#packets.waiting;
    if (first === undefined || !(first.decodeSec <= fedSec)) {
      this.#startAfresh();
      return;
    }
    while ((this.#packets.waiting[0]?.decodeSec ?? Infinity) <= fedSec) {
      this.#packets.drop(1);
      if (this.#packets.waiting.length === 0 && this.#packets.readAhead() === null) return;
    }
  }

  #startAfresh(): void {
    this.#video.decoder.flushBuffers();
    this.#inside = [];
    this.#lastFedSec = -Infinity;
    this.#hasCurrent = false;
    this.#hasNext = false;
    this.#drained = false;
  }

  /** Frame by frame to the last that begins by `target`. */
  #walk(sec: number, target: number): void {
    if (target - this.#reachedSec() > SEEK_AHEAD_SEC) this.#beginWalk(sec, target);
    if (!this.#hasCurrent)
      throw new DataFailure(`${this.#path}: has no frame at ${sec} s; it is cut short or damaged`);
    for (;;) {
      if (!this.#hasNext) this.#hasNext = this.#decodeInto(this.#next);
      if (!this.#hasNext || this.#secOf(this.#next) > target) return;
      [this.#current, this.#next] = [this.#next, this.#current];
      this.#hasNext = false;
    }
  }

  /**
   * Decodes a frame that begins by `target`, from the key frame before it; from further back where none comes out there:
   * H.264 with intra refresh flags frames as key that are whole only some frames later.
   */
  #beginWalk(sec: number, target: number): void {
    for (const backSec of WALK_BACK_SEC) {
      this.#packets.seek(Math.max(0, sec - backSec));
      this.#startAfresh();
      this.#hasCurrent = this.#decodeInto(this.#current);
      if (sec <= backSec || (this.#hasCurrent && !(this.#currentSec() > target))) return;
    }
  }

  /** Decodes the next frame; false at the end of the file. */
  #decodeInto(frame: Frame): boolean {
    for (;;) {
      const got = this.#video.decoder.receiveFrameSync(frame);
      if (got >= 0) return true;
      if (got === AVERROR_EOF || (got === AVERROR_EAGAIN && this.#drained)) return false;
      if (got !== AVERROR_EAGAIN) check(this.#path, got, 'is cut short or damaged');
      this.#feed(NaN);
    }
  }

  /** Sends the decoder the next packet, or the end. Before `wanted`, frames that no other needs are spared. */
  #feed(wanted: number): void {
    const { decoder } = this.#video;
    const next = this.#packets.take();
    if (next === null) {
      this.#drained = true;
      decoder.sendPacketSync(null);
      return;
    }
    const spare = this.#canSpare && next.sec < wanted && !sameTime(next.sec, wanted);
    if (spare !== this.#sparing) decoder.setOption('skip_frame', spare ? 'noref' : 'default');
    this.#sparing = spare;
    const sent = decoder.sendPacketSync(next.packet);
    next.packet.free();
    check(this.#path, sent, 'is cut short or damaged');
    this.#lastFedSec = next.decodeSec;
    if (!next.isHidden && !spare) this.#inside.push(next.sec);
  }

  /** A file whose index promises more than it holds ends early: its last frame must not stand in for later ones. */
  #refuseIfCutShort(sec: number): void {
    if (this.#hasNext || !this.#packets.endOfFile || this.#packets.waiting.length > 0) return;
    if (this.#inside.some((time) => time > this.#currentSec())) return;
    const { num, den } = this.#video.stream.avgFrameRate;
    const frameSec = num > 0 && den > 0 ? den / num : 0;
    const lastSec = this.#currentSec();
    const shownUntilSec = lastSec + Math.max(frameSec * 1.5, 0.1);
    if (sec > shownUntilSec && shownUntilSec < this.info.durationSec - frameSec) {
      const [last, promised] = [lastSec.toFixed(2), this.info.durationSec.toFixed(2)];
      throw new DataFailure(
        `${this.#path}: its last frame is at ${last} s of ${promised} s; it is cut short or damaged`,
      );
    }
  }

  /** How far decoding has come. */
  #reachedSec(): number {
    if (this.#hasNext) return this.#secOf(this.#next);
    return this.#hasCurrent ? this.#currentSec() : 0;
  }

  #currentSec(): number {
    return this.#secOf(this.#current);
  }

  #secOf(frame: Frame): number {
    const { secondsPerTick, startTick } = this.#video;
    return (Number(frame.bestEffortTimestamp) - startTick) * secondsPerTick;
  }
}

/** Two times that are one tick of some clock apart at most by rounding. */
function sameTime(one: number, other: number): boolean {
  return Math.abs(one - other) < 1e-7;
}
