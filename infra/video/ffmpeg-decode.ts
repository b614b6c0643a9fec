import type { FrameRequest, StreamedFrame, VideoInfo } from '../../activities/ports.js';
import { DataFailure } from '../../domain/failures.js';
import { ALLOWED_DEMUXERS, ALLOWED_PROTOCOLS, fileUrl } from './allowed.js';
import { clockFilters, seekOptions } from './ffmpeg-clock.js';
import { piecesOf } from './ffmpeg-pieces.js';
import type { Run } from './ffmpeg-runs.js';
import { placesToBegin } from './ffmpeg-runs.js';
import { Said } from './ffmpeg-said.js';
import type { Shown } from './filters.js';
import { pictureFilters } from './filters.js';
import type { Job } from './guard.js';

/** What the processes of one request have in common. */
export interface Decoding {
  readonly binary: string;
  readonly job: Job;
  readonly request: FrameRequest;
  readonly info: VideoInfo;
  readonly shown: Shown;
  /** The first frame's time in the file, in microseconds; null: begin every run at the beginning. */
  readonly startUs: number | null;
  /** Ids of the processes that decode now. */
  readonly pids: Set<number>;
}

/** Opens an untrusted file: only what is allowed, whatever its name looks like. */
export function inputOptions({ path, limits }: Job): readonly string[] {
  return [
    ...['-protocol_whitelist', ALLOWED_PROTOCOLS, '-format_whitelist', ALLOWED_DEMUXERS],
    ...['-max_pixels', String(Math.round(limits.maxPixels)), '-i', fileUrl(path)],
  ];
}

/**
 * The frames of one run, each known by the tick that its process announced. Where a seek does not lead to the first of
 * them, it is tried from further back, and from the beginning at last.
 */
export async function* decodeRun(
  decoding: Decoding,
  run: Run,
  signal?: AbortSignal,
): AsyncGenerator<StreamedFrame> {
  const { request, job, startUs } = decoding;
  const { indices } = run;
  for (const fromSec of placesToBegin(run, request.fps, startUs !== null)) {
    const said = new Said();
    let got = 0;
    for await (const frame of framesFrom(decoding, run, fromSec, said, signal)) {
      if (frame.index !== indices[got]) break;
      got += 1;
      yield frame;
    }
    refuseOtherSize(job.path, said);
    if (got === indices.length) return;
    if (got === 0 && fromSec !== null) continue;
    const reason =
      said.text.split('\n').findLast((line) => /\[(error|fatal)\]/.test(line)) ?? 'it ends early';
    throw new DataFailure(
      `${job.path}: gave ${got} of ${indices.length} frames; it is cut short or damaged (${reason})`,
    );
  }
}

/** What one process gives that begins at the key frame before `fromSec`; null is the file's beginning. */
async function* framesFrom(
  decoding: Decoding,
  run: Run,
  fromSec: number | null,
  said: Said,
  signal?: AbortSignal,
): AsyncGenerator<StreamedFrame> {
  const { binary, job, request, info, shown, pids } = decoding;
  const { fps, channels, size } = request;
  const { widthPx, heightPx } = size ?? info;
  const startUs = fromSec === null ? null : (decoding.startUs ?? 0);
  const filters = [...clockFilters(fps, run, startUs), ...pictureFilters(shown, channels, size)].join(',');
  const args = [
    ...['-nostats', '-loglevel', 'level+info', '-threads', '1', '-reinit_filter', '0'],
    ...(startUs === null || fromSec === null ? [] : seekOptions(startUs, fromSec)),
    ...inputOptions(job),
    ...['-map', '0:V:0', '-vf', filters, '-fps_mode', 'passthrough'],
    ...['-frames:v', String(run.indices.length), '-f', 'rawvideo', 'pipe:1'],
  ];
  const bytes = widthPx * heightPx * channels;
  for await (const data of piecesOf(binary, args, bytes, job, said, pids, signal)) {
    refuseOtherSize(job.path, said);
    const announced = await said.next();
    if (announced === null) return;
    // One that begins among frames of another size cannot know that the file's first ones were not so.
    const { stored } = shown;
    if (fromSec !== null && (announced.widthPx !== stored.widthPx || announced.heightPx !== stored.heightPx))
      return;
    yield { index: announced.tick + 1, picture: { widthPx, heightPx, channels, data } };
  }
}

/** An ffmpeg that meets frames of another size begins its filters, and so the clock, afresh; it says so. */
function refuseOtherSize(path: string, { text }: Said): void {
  if (!/filter graph because video parameters changed|Changing video frame properties/.test(text)) return;
  throw new DataFailure(`${path}: its frames change their size or form in mid-video`);
}
