import type { VideoInfo } from '../../activities/ports.js';
import { DataFailure } from '../../domain/failures.js';
import { CONTAINERS_SAID, isPicture } from './allowed.js';
import type { Shown, Size } from './filters.js';
import { HDR_TRANSFERS, squared } from './filters.js';

/** FFmpeg gives a single picture one frame of this rate. */
const PICTURE_FPS = 25;

/**
 * Containers in which a seek is exact: an index, or times that each block carries, leads to the key frame before a time,
 * and times there are those that are met on the way from the beginning. Elsewhere they are not: MPEG-TS and MPEG-PS
 * have no index and their times may jump; AVI and bare streams count frames, so that times depend on where one began;
 * a GIF's pictures are drawn over each other from the first one on.
 */
const SOUGHT_IN = ['mov,mp4', 'matroska'];

/** Reads what `ffmpeg -i` prints of a file: its first video stream that is no cover picture. */
export function readDump(
  path: string,
  said: string,
): { readonly info: VideoInfo; readonly shown: Shown; readonly seeks: boolean } {
  const demuxer = /Input #0, (.+), from /.exec(said)?.[1];
  if (demuxer === undefined) {
    const lines = said.trim().split('\n').reverse();
    const reason =
      (lines.find((line) => line.includes(path)) ?? lines[0] ?? '').trim().split(': ').at(-1) ?? '';
    throw new DataFailure(
      `${path}: is not a video that FFmpeg can open, or is cut short: ${CONTAINERS_SAID} are allowed (${reason})`,
    );
  }
  const streams = said.split('\n').filter((line) => /Stream #0:\d+.*: Video: /.test(line));
  const line = streams.find((stream) => !stream.includes('(attached pic)'));
  if (line === undefined) {
    const cover = streams.length > 0 ? '; a cover picture is not a video' : '';
    throw new DataFailure(`${path}: has no video stream${cover}`);
  }
  const [, codec = 'unknown'] = /Video: (\w+)/.exec(line) ?? [];
  const size = /, (\d+)x(\d+)(?: \[SAR (\d+):(\d+))?/.exec(line);
  if (size === null) throw new DataFailure(`${path}: has a video stream without a size`);
  const [width = 0, height = 0, num = 0, den = 0] = size.slice(1).map((text) => Number(text ?? 0));
  const turn = /rotation of (-?[\d.]+) degrees/.exec(said.slice(said.indexOf(line)));
  const sideways = turn !== null && Math.abs(Math.round(Number(turn[1]) / 90)) % 2 === 1;
  const stored: Size = sideways ? { widthPx: height, heightPx: width } : { widthPx: width, heightPx: height };
  const native = squared(stored, sideways ? { num: den, den: num } : { num, den });
  const hdr = HDR_TRANSFERS.find((transfer) => line.includes(`/${transfer}`)) ?? null;
  const durationSec = durationOf(said, demuxer);
  if (!(durationSec > 0)) throw new DataFailure(`${path}: has a video stream without a duration`);
  const seeks = SOUGHT_IN.some((name) => demuxer.startsWith(name));
  return { info: { ...native, durationSec, codec }, shown: { stored, native, hdr }, seeks };
}

function durationOf(said: string, demuxer: string): number {
  if (isPicture(demuxer)) return 1 / PICTURE_FPS;
  const [, hours, minutes, seconds] = /Duration: (\d+):(\d+):([\d.]+)/.exec(said) ?? [];
  const whole = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds);
  // Matroska counts from zero, wherever its first frame is.
  const startSec = Number(/Duration: [^\n]*, start: (-?[\d.]+)/.exec(said)?.[1] ?? 0);
  return demuxer.startsWith('matroska') ? whole - Math.max(0, startSec) : whole;
}
