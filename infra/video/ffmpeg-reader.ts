import type { FrameRequest, Picture, StreamedFrame, VideoInfo, VideoReader } from '../../activities/ports.js';
import { DataFailure } from '../../domain/failures.js';
import { ALLOWED_DEMUXERS, ALLOWED_PROTOCOLS, fileUrl } from './allowed.js';
import { CLOCK_SLACK_SEC, refuseMissingFrames } from './clock.js';
import { ascending, collected } from './collect.js';
import { readDump } from './ffmpeg-dump.js';
import type { Ended, Said } from './ffmpeg-process.js';
import { piecesOf, runFfmpeg } from './ffmpeg-process.js';
import { refuseNoFile } from './files.js';
import { pictureFilters } from './filters.js';
import type { VideoLimits } from './limits.js';
import { DEFAULT_LIMITS, refuseTooLarge, refuseTooLong, refuseTooMany } from './limits.js';

/**
 * Decodes through an ffmpeg binary, one process a request, from the file's beginning. ffprobe is not needed:
 * `ffmpeg -i` says it all.
 */
export class FfmpegReader implements VideoReader {
  readonly version: string;
  readonly #binary: string;
  readonly #limits: VideoLimits;
  #filters: Promise<Ended> | null = null;

  constructor(binary: string, version: string, limits: VideoLimits = DEFAULT_LIMITS) {
    this.#binary = binary;
    this.version = version;
    this.#limits = limits;
  }

  async probe(path: string, signal?: AbortSignal): Promise<VideoInfo> {
    return (await this.#look(path, signal)).info;
  }

  async *stream(path: string, request: FrameRequest): AsyncGenerator<StreamedFrame> {
    const { fps, indices, channels, size, signal } = request;
    refuseTooMany(path, this.#limits, indices.length);
    const { info, shown } = await this.#look(path, signal);
    refuseMissingFrames(path, info.durationSec, fps, indices);
    if (shown.hdr !== null) await this.#refuseWithoutZscale(path);
    const wanted = ascending(indices);
    if (wanted.length === 0) return;
    const { widthPx, heightPx } = size ?? info;
    const filters = [...clockFilters(fps, wanted), ...pictureFilters(shown, channels, size)].join(',');
    const args = [
      ...[
        '-nostats',
        '-loglevel',
        'level+info',
        '-threads',
        '1',
        '-reinit_filter',
        '0',
        ...this.#input(path),
        '-map',
        '0:V:0',
      ],
      ...['-vf', filters, '-fps_mode', 'passthrough', '-frames:v', String(wanted.length)],
      ...['-f', 'rawvideo', 'pipe:1'],
    ];
    const bytes = widthPx * heightPx * channels;
    const said: Said = { text: '' };
    let got = 0;
    for await (const data of piecesOf(
      this.#binary,
      args,
      bytes,
      { path, limits: this.#limits },
      said,
      signal,
    )) {
      const index = wanted[got++];
      refuseOtherSize(path, said);
      if (index !== undefined) yield { index, picture: { widthPx, heightPx, channels, data } };
    }
    refuseOtherSize(path, said);
    if (got < wanted.length) {
      const reason =
        said.text.split('\n').findLast((line) => /\[(error|fatal)\]/.test(line)) ?? 'it ends early';
      throw new DataFailure(
        `${path}: gave ${got} of ${wanted.length} frames; it is cut short or damaged (${reason})`,
      );
    }
  }

  frames(path: string, request: FrameRequest): Promise<readonly Picture[]> {
    return collected(this, path, request);
  }

  async #look(path: string, signal?: AbortSignal): Promise<ReturnType<typeof readDump>> {
    await refuseNoFile(path);
    const { stderr } = await runFfmpeg(
      this.#binary,
      this.#input(path),
      signal === undefined ? {} : { signal },
    );
    const beyond = /Picture size (\d+)x(\d+) exceeds specified max pixel count/.exec(stderr);
    if (beyond !== null) refuseTooLarge(path, this.#limits, Number(beyond[1]), Number(beyond[2]));
    const read = readDump(path, stderr);
    const { stored, native } = read.shown;
    refuseTooLarge(path, this.#limits, stored.widthPx, stored.heightPx);
    refuseTooLarge(path, this.#limits, native.widthPx, native.heightPx);
    refuseTooLong(path, this.#limits, read.info.durationSec);
    return read;
  }

  #input(path: string): readonly string[] {
    return [
      ...['-protocol_whitelist', ALLOWED_PROTOCOLS, '-format_whitelist', ALLOWED_DEMUXERS],
      ...['-max_pixels', String(Math.round(this.#limits.maxPixels)), '-i', fileUrl(path)],
    ];
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

/**
 * The one clock as filters: times begin at the first frame, in microseconds, a little early for the slack;
 * `round=up` gives tick n the last frame with time ≤ n/fps; then only the ticks asked for.
 */
function clockFilters(fps: number, wanted: readonly number[]): readonly string[] {
  const picked = wanted.map((index) => `eq(n\\,${index - 1})`).join('+');
  return [
    // Once more the last frame, or the filter drops the tick at which it comes.
    'tpad=stop=1:stop_mode=clone',
    'settb=AVTB',
    `setpts=PTS-STARTPTS-${Math.round(CLOCK_SLACK_SEC * 1e6)}`,
    `fps=${fps}:round=up:start_time=0`,
    `select=${picked}`,
  ];
}

/** An ffmpeg that meets frames of another size begins its filters, and so the clock, afresh; it says so. */
function refuseOtherSize(path: string, { text }: Said): void {
  if (!/filter graph because video parameters changed|Changing video frame properties/.test(text)) return;
  throw new DataFailure(`${path}: its frames change their size or form in mid-video`);
}
