import type { FrameRequest, Picture, StreamedFrame, VideoInfo, VideoReader } from '../../activities/ports.js';
import { DataFailure } from '../../domain/failures.js';
import { refuseMissingFrames } from './clock.js';
import { ascending, inOrderAsked } from './collect.js';
import { FIRST_FRAME } from './ffmpeg-clock.js';
import type { Decoding } from './ffmpeg-decode.js';
import { decodeRun, inputOptions } from './ffmpeg-decode.js';
import { readDump } from './ffmpeg-dump.js';
import type { Ended } from './ffmpeg-process.js';
import { runFfmpeg } from './ffmpeg-process.js';
import type { Run } from './ffmpeg-runs.js';
import { placesToBegin, runsOf } from './ffmpeg-runs.js';
import { Said } from './ffmpeg-said.js';
import { refuseNoFile } from './files.js';
import type { Job } from './guard.js';
import type { VideoLimits } from './limits.js';
import { DEFAULT_LIMITS, refuseTooLarge, refuseTooLong, refuseTooMany } from './limits.js';
import { Slots } from '../concurrency/slots.js';

/** Processes at a time, over all requests whose frames are taken as they come. */
const PROCESSES = 2;

/**
 * Decodes through an ffmpeg binary: frames near each other by one process, which seeks to the key frame before them
 * where the container allows it (`ffmpeg-dump.ts`). ffprobe is not needed: `ffmpeg -i` says it all. A stream has one
 * process at a time, and waits for nobody: its consumer may leave it standing.
 */
export class FfmpegReader implements VideoReader {
  readonly version: string;
  readonly #binary: string;
  readonly #limits: VideoLimits;
  readonly #slots = new Slots(PROCESSES);
  readonly #pids = new Set<number>();
  #filters: Promise<Ended> | null = null;

  constructor(binary: string, version: string, limits: VideoLimits = DEFAULT_LIMITS) {
    this.#binary = binary;
    this.version = version;
    this.#limits = limits;
  }

  /** Ids of the processes that decode now. */
  get pids(): readonly number[] {
    return [...this.#pids];
  }

  async probe(path: string, signal?: AbortSignal): Promise<VideoInfo> {
    const { info } = await this.#slots.run(signal, () => this.#look(this.#jobFor(path), signal));
    return info;
  }

  async *stream(path: string, request: FrameRequest): AsyncGenerator<StreamedFrame> {
    const { decoding, runs } = await this.#plan(path, request);
    for (const run of runs) yield* decodeRun(decoding, run, request.signal);
  }

  async frames(path: string, request: FrameRequest): Promise<readonly Picture[]> {
    const { decoding, runs } = await this.#slots.run(request.signal, () => this.#plan(path, request));
    const waiting = [...runs];
    const frames: StreamedFrame[] = [];
    const stop = new AbortController();
    const signal =
      request.signal === undefined ? stop.signal : AbortSignal.any([request.signal, stop.signal]);
    const collect = async (run: Run): Promise<void> => {
      for await (const frame of decodeRun(decoding, run, signal)) frames.push(frame);
    };
    const work = async (): Promise<void> => {
      for (let run = waiting.shift(); run !== undefined && !signal.aborted; run = waiting.shift()) {
        const next = run;
        await this.#slots
          .run(signal, () => collect(next))
          .catch((error: unknown) => {
            stop.abort(error);
          });
      }
    };
    await Promise.all(Array.from({ length: PROCESSES }, work));
    signal.throwIfAborted();
    return inOrderAsked(path, request.indices, frames);
  }

  async #plan(path: string, request: FrameRequest): Promise<{ decoding: Decoding; runs: readonly Run[] }> {
    const { fps, indices, signal } = request;
    refuseTooMany(path, this.#limits, indices.length);
    const job = this.#jobFor(path);
    const { info, shown, seeks } = await this.#look(job, signal);
    refuseMissingFrames(path, info.durationSec, fps, indices);
    if (shown.hdr !== null) await this.#refuseWithoutZscale(path);
    const runs = runsOf(ascending(indices), fps, seeks);
    const startUs = runs.some((run) => placesToBegin(run, fps, seeks).length > 1)
      ? await this.#startUs(job, signal)
      : null;
    const common = { binary: this.#binary, pids: this.#pids, job };
    return { decoding: { ...common, request, info, shown, startUs }, runs };
  }

  async #look(job: Job, signal?: AbortSignal): Promise<ReturnType<typeof readDump>> {
    const { path, limits } = job;
    signal?.throwIfAborted();
    await refuseNoFile(path);
    const { stderr } = await this.#run(job, inputOptions(job), signal);
    const beyond = /Picture size (\d+)x(\d+) exceeds specified max pixel count/.exec(stderr);
    if (beyond !== null) refuseTooLarge(path, limits, Number(beyond[1]), Number(beyond[2]));
    const read = readDump(path, stderr);
    const { stored, native } = read.shown;
    refuseTooLarge(path, limits, stored.widthPx, stored.heightPx);
    refuseTooLarge(path, limits, native.widthPx, native.heightPx);
    refuseTooLong(path, limits, read.info.durationSec);
    return read;
  }

  /** When the first frame is, in microseconds of the file; null where it does not say, which then is not sought in. */
  async #startUs(job: Job, signal?: AbortSignal): Promise<number | null> {
    const args = ['-loglevel', 'level+info', '-copyts', ...inputOptions(job), ...FIRST_FRAME];
    const said = new Said();
    said.take((await this.#run(job, args, signal)).stderr);
    said.close();
    return (await said.next())?.tick ?? null;
  }

  #run(job: Job, args: readonly string[], signal: AbortSignal | undefined): Promise<Ended> {
    return runFfmpeg(this.#binary, args, signal === undefined ? { job } : { job, signal });
  }

  #jobFor(path: string): Job {
    return { path, limits: this.#limits, spentMs: 0 };
  }

  async #refuseWithoutZscale(path: string): Promise<void> {
    this.#filters ??= runFfmpeg(this.#binary, ['-filters']);
    const { stdout } = await this.#filters;
    if (stdout.includes(' zscale ') && stdout.includes(' tonemap ')) return;
    throw new DataFailure(
      `${path}: has a high dynamic range, and this ffmpeg (${this.version}) lacks the zscale filter that brings it to an ordinary one`,
    );
  }
}
