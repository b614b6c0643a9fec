import type { FrameRequest, Picture, StreamedFrame, VideoInfo, VideoReader } from '../../activities/ports.js';
import { DataFailure } from '../../domain/failures.js';
import { CLOCK_SLACK_SEC, refuseMissingFrames } from './clock.js';
import { ascending, collected } from './collect.js';
import { piecesOf, runFfmpeg } from './ffmpeg-process.js';
import { refuseNoFile } from './files.js';

/** Decodes through an ffmpeg binary, one process a request. ffprobe is not needed: `ffmpeg -i` says it all. */
export class FfmpegReader implements VideoReader {
  readonly version: string;
  readonly #binary: string;

  constructor(binary: string, version: string) {
    this.#binary = binary;
    this.version = version;
  }

  async probe(path: string, signal?: AbortSignal): Promise<VideoInfo> {
    await refuseNoFile(path);
    const { stderr } = await runFfmpeg(this.#binary, ['-i', path], signal === undefined ? {} : { signal });
    return infoOf(path, stderr);
  }

  async *stream(path: string, request: FrameRequest): AsyncGenerator<StreamedFrame> {
    const { fps, indices, channels, size, signal } = request;
    const info = await this.probe(path, signal);
    refuseMissingFrames(path, info.durationSec, fps, indices);
    const wanted = ascending(indices);
    if (wanted.length === 0) return;
    const { widthPx, heightPx } = size ?? info;
    const args = [
      ...['-loglevel', 'error', '-threads', '1', '-i', path, '-map', '0:v:0', '-an', '-sn', '-dn'],
      ...['-vf', filterFor(fps, wanted, channels, size), '-fps_mode', 'passthrough'],
      ...['-frames:v', String(wanted.length), '-f', 'rawvideo', 'pipe:1'],
    ];
    let got = 0;
    const ended = { reason: '' };
    for await (const data of piecesOf(this.#binary, args, widthPx * heightPx * channels, ended, signal)) {
      const index = wanted[got++];
      if (index !== undefined) yield { index, picture: { widthPx, heightPx, channels, data } };
    }
    if (got < wanted.length) {
      throw new DataFailure(
        `${path}: gave ${got} of ${wanted.length} frames; it is cut short or damaged (${ended.reason})`,
      );
    }
  }

  frames(path: string, request: FrameRequest): Promise<readonly Picture[]> {
    return collected(this, path, request);
  }
}

/**
 * The one clock as a filter: times begin at the first frame, in microseconds, a little early for the slack;
 * `round=up` gives tick n the last frame with time ≤ n/fps; then only the ticks asked for.
 */
function filterFor(
  fps: number,
  wanted: readonly number[],
  channels: 1 | 3,
  size: FrameRequest['size'],
): string {
  const picked = wanted.map((index) => `eq(n\\,${index - 1})`).join('+');
  return [
    // Once more the last frame, or the filter drops the tick at which it comes.
    'tpad=stop=1:stop_mode=clone',
    'settb=AVTB',
    `setpts=PTS-STARTPTS-${Math.round(CLOCK_SLACK_SEC * 1e6)}`,
    `fps=${fps}:round=up:start_time=0`,
    `select=${picked}`,
    size === undefined
      ? 'scale=flags=bilinear+accurate_rnd+bitexact'
      : `scale=${size.widthPx}:${size.heightPx}:flags=area+accurate_rnd+bitexact`,
    `format=${channels === 1 ? 'gray' : 'rgb24'}`,
  ].join(',');
}

function infoOf(path: string, said: string): VideoInfo {
  const video = /Stream #0:\d+.*?: Video: (\w+).*?, (\d{2,5})x(\d{2,5})/.exec(said);
  const duration = /Duration: (\d+):(\d+):([\d.]+)/.exec(said);
  if (video === null || duration === null) {
    const reason =
      said
        .trim()
        .split('\n')
        .reverse()
        .find((line) => line.includes(path)) ?? 'no video stream with a duration';
    throw new DataFailure(`${path}: is not a video that FFmpeg can open, or is cut short (${reason.trim()})`);
  }
  const [, codec = 'unknown', width = '0', height = '0'] = video;
  const [, hours = '0', minutes = '0', seconds = '0'] = duration;
  const turn = /rotation of (-?[\d.]+) degrees/.exec(said);
  const sideways = turn !== null && Math.abs(Math.round(Number(turn[1]) / 90)) % 2 === 1;
  const [widthPx, heightPx] = sideways ? [Number(height), Number(width)] : [Number(width), Number(height)];
  const durationSec = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  return { widthPx, heightPx, durationSec, codec };
}
