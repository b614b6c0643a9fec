import type { VideoWriter } from '../../activities/ports.js';
import { InfrastructureFailure } from '../../domain/failures.js';
import { runFfmpeg } from './ffmpeg-process.js';
import { planarYuv } from './luma.js';
import { X264_PARAMS, X264_PRESET } from './x264.js';

/** Encodes through an ffmpeg binary, one process a video: H.264, or MPEG-4 part 2 where it has no libx264. */
export class FfmpegWriter implements VideoWriter {
  readonly version: string;
  readonly #binary: string;
  readonly #hasX264: boolean;

  constructor(binary: string, version: string, hasX264: boolean) {
    this.#binary = binary;
    this.version = hasX264 ? version : `${version}, mpeg4`;
    this.#hasX264 = hasX264;
  }

  async write(path: string, video: Parameters<VideoWriter['write']>[1]): Promise<void> {
    const { fps, widthPx, heightPx, channels, crf } = video;
    const codec = this.#hasX264
      ? ['-c:v', 'libx264', '-preset', X264_PRESET, '-crf', String(crf), '-x264-params', X264_PARAMS(fps)]
      : ['-c:v', 'mpeg4', '-q:v', String(Math.round(crf / 5)), '-g', String(fps)];
    const args = [
      ...['-loglevel', 'error', '-f', 'rawvideo', '-pix_fmt', 'yuv420p', '-s', `${widthPx}x${heightPx}`],
      ...['-framerate', String(fps), '-i', 'pipe:0', '-an', ...codec, '-bf', '0', '-threads', '1'],
      ...['-flags:v', '+bitexact', '-fflags', '+bitexact', '-map_metadata', '-1', '-f', 'mp4', '-y', path],
    ];
    const input = (async function* () {
      // A copy, because the pipe may still hold a frame when the next one is drawn over it.
      for await (const pixels of video.frames) yield planarYuv(pixels, widthPx, heightPx, channels).slice();
    })();
    const { code, reason, stderr } = await runFfmpeg(this.#binary, args, { input });
    if (code === 0) return;
    const error = new InfrastructureFailure(`${path}: cannot be written: ${reason}`);
    throw stderr.includes('No space left on device') ? Object.assign(error, { code: 'ENOSPC' }) : error;
  }
}
