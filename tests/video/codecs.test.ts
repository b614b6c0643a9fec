import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { VideoReader } from '../../activities/ports.js';
import { DataFailure } from '../../domain/failures.js';
import { adaptersHere } from './adapters.js';
import type { Encoding } from './encode.js';
import { encode, everyTick, TICKS } from './encode.js';
import { numberOf, paintNumber } from './numbered.js';
import { copyTurned } from './samples.js';

const STEADY = { ticks: everyTick(50) };
const X265 = {
  codec: 'libx265',
  options: { 'x265-params': 'log-level=none:bframes=2:pools=none', preset: 'ultrafast' },
};
const VP9 = { codec: 'libvpx-vp9', options: { deadline: 'realtime', 'cpu-used': '8' } };
const AV1 = { codec: 'libsvtav1', options: { preset: '12' } };

/** Every codec in the containers that carry it: name of the file, and how it is made. */
const STEADY_FILES: Readonly<Record<string, Encoding>> = {
  'h264.mp4': { ...STEADY, codec: 'libx264', muxer: 'mp4', bFrames: 2 },
  'h264.mov': { ...STEADY, codec: 'libx264', muxer: 'mov', bFrames: 2, gop: 250 },
  'h264.mkv': { ...STEADY, codec: 'libx264', muxer: 'matroska', bFrames: 3 },
  'h264.avi': { ...STEADY, codec: 'libx264', muxer: 'avi' },
  'h264.ts': { ...STEADY, codec: 'libx264', muxer: 'mpegts', bFrames: 2 },
  'h265.mp4': { ...STEADY, ...X265, muxer: 'mp4' },
  'h265.mkv': { ...STEADY, ...X265, muxer: 'matroska' },
  'h265.ts': { ...STEADY, ...X265, muxer: 'mpegts' },
  'vp8.webm': { ...STEADY, codec: 'libvpx', muxer: 'webm', options: { deadline: 'realtime' } },
  'vp9.webm': { ...STEADY, ...VP9, muxer: 'webm' },
  'vp9.mp4': { ...STEADY, ...VP9, muxer: 'mp4' },
  'av1.mp4': { ...STEADY, ...AV1, muxer: 'mp4' },
  'av1.mkv': { ...STEADY, ...AV1, muxer: 'matroska' },
  'mpeg4.avi': { ...STEADY, codec: 'mpeg4', muxer: 'avi', options: { b: '2000000' } },
  'mpeg4.mp4': { ...STEADY, codec: 'mpeg4', muxer: 'mp4', bFrames: 2, options: { b: '2000000' } },
  'mpeg2.ts': { ...STEADY, codec: 'mpeg2video', muxer: 'mpegts', bFrames: 2, options: { b: '2000000' } },
  'mpeg2.mpg': { ...STEADY, codec: 'mpeg2video', muxer: 'vob', bFrames: 2, options: { b: '2000000' } },
  'gif.gif': { ...STEADY, codec: 'gif', muxer: 'gif', pixels: 'gray' },
  'tenbit.mp4': { ...STEADY, codec: 'libx264', muxer: 'mp4', pixels: 'yuv420p10', bFrames: 2 },
  'odd.webm': { ...STEADY, ...VP9, muxer: 'webm', widthPx: 97, heightPx: 65 },
};

/** Ticks at which a screen recorder might write. */
const UNEVEN = [0, 1, 2, 9, 10, 24, 25, 26, 27, 40, 44, 45, 60, 74];

let dir: string;
const at = (name: string): string => path.join(dir, name);

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'ruminate-codecs-'));
  process.env['SVT_LOG'] = '0';
  for (const [name, video] of Object.entries(STEADY_FILES)) encode(at(name), video);
  const x264 = { codec: 'libx264', muxer: 'mp4', bFrames: 2 };
  encode(at('uneven.mkv'), { ...x264, muxer: 'matroska', ticks: UNEVEN });
  encode(at('uneven.mp4'), { ...x264, ticks: UNEVEN });
  // Ten frames before time zero: an edit list cuts them off, though others are decoded from them.
  const negative = everyTick(50).map((tick) => tick - 10);
  encode(at('negative.mp4'), {
    ...x264,
    ticks: negative,
    gop: 250,
    muxerOptions: { avoid_negative_ts: 'disabled' },
  });
  encode(at('late.mkv'), { ...x264, muxer: 'matroska', ticks: everyTick(50).map((tick) => tick + 100) });
  encode(at('one.mp4'), { ...x264, ticks: [0] });
  encode(at('wide.mp4'), { ...x264, ...STEADY, aspect: [4, 3] });
  encode(at('tall.mkv'), { ...x264, muxer: 'matroska', ...STEADY, aspect: [1, 2] });
  for (const hdr of ['pq', 'hlg'] as const)
    encode(at(`${hdr}.mp4`), { ...STEADY, ...X265, muxer: 'mp4', pixels: 'yuv420p10', hdr });
  encode(at('flat.mp4'), {
    ticks: everyTick(3),
    ...X265,
    muxer: 'mp4',
    pixels: 'yuv420p10',
    hdr: 'pq',
    paint: (n) => [64, 130, 180][n] ?? 0,
  });
  encode(at('sizes.ts'), {
    ...x264, muxer: 'mpegts', ...STEADY,
    then: { widthPx: 128, heightPx: 80, ticks: everyTick(50).map((tick) => tick + 50) },
  }); // prettier-ignore
  encode(at('upright.mp4'), { codec: 'libx264', muxer: 'mp4', ticks: [0, 1], widthPx: 64, heightPx: 48 });
  await copyTurned(at('upright.mp4'), at('turned.mp4'));
  const paint = paintNumber(7, 96, 64);
  const grey = Uint8Array.from({ length: 96 * 64 }, (_, place) => paint(place % 96, Math.floor(place / 96)));
  const still = sharp(grey, { raw: { width: 96, height: 64, channels: 1 } });
  for (const kind of ['png', 'jpeg', 'webp'] as const)
    await still
      .clone()
      .toFormat(kind)
      .toFile(at(`still.${kind}`));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe.each(await adaptersHere())('numbered frames through $name', ({ reader }) => {
  /** The numbers of the frames at the ticks of a clock of `fps`, as far as the video goes. */
  const numbers = (name: string, fps: number, seconds: number): Promise<readonly number[]> =>
    numbersThrough(
      reader,
      at(name),
      fps,
      Array.from({ length: Math.floor(seconds * fps) }, (_, index) => index + 1),
    );

  it.each(Object.keys(STEADY_FILES))(
    'shows of %s, at any rate, the frame that is on screen',
    async (name) => {
      for (const fps of [1, 7, 25]) {
        const shown = await numbers(name, fps, secondsOf(name));
        expect(shown).toEqual(shown.map((_, index) => Math.floor((index / fps) * TICKS + 1e-6)));
      }
    },
  );

  it.each(Object.keys(STEADY_FILES))('finds frames here and there in %s', async (name) => {
    expect(await numbersThrough(reader, at(name), 25, [44, 3, 47, 17, 18])).toEqual([43, 2, 46, 16, 17]);
  });

  // With reordered frames an MP4 of uneven times counts its length by decoding times, which are earlier.
  it.each([
    ['uneven.mkv', 2.96],
    ['uneven.mp4', 1.92],
  ])('keeps each frame of %s until the next', async (name, seconds) => {
    const shown = await numbers(name, 25, seconds);
    expect(shown).toEqual(shown.map((_, tick) => UNEVEN.findLastIndex((begins) => begins <= tick)));
  });

  it('begins where an edit list begins, not where the file does', async () => {
    expect(await numbers('negative.mp4', 25, 1.6)).toEqual(everyTick(40).map((tick) => tick + 10));
  });

  it('counts from the first frame, wherever its time is', async () => {
    expect(await reader.probe(at('late.mkv'))).toMatchObject({ durationSec: expect.closeTo(2, 1) as number });
    expect(await numbers('late.mkv', 5, 2)).toEqual([0, 5, 10, 15, 20, 25, 30, 35, 40, 45]);
  });

  it.each(['one.mp4', 'still.png', 'still.jpeg', 'still.webp'])(
    'takes %s as a video of one frame',
    async (name) => {
      const picture = name.startsWith('still');
      for (const fps of [1, 25])
        expect(await numbersThrough(reader, at(name), fps, [1])).toEqual([picture ? 7 : 0]);
      await expect(numbersThrough(reader, at(name), 1, [2])).rejects.toThrow('frame 2 was asked for');
    },
  );

  it.each([
    ['wide.mp4', 128, 64],
    ['tall.mkv', 96, 128],
    ['odd.webm', 97, 65],
    ['turned.mp4', 48, 64],
  ])('shows %s with square pixels, upright, at %i × %i', async (name, widthPx, heightPx) => {
    expect(await reader.probe(at(name))).toMatchObject({ widthPx, heightPx });
    const [picture] = await reader.frames(at(name), { fps: 25, indices: [2], channels: 3 });
    expect(picture).toMatchObject({ widthPx, heightPx, channels: 3 });
    expect(picture?.data.length).toBe(widthPx * heightPx * 3);
    if (name !== 'turned.mp4' && picture !== undefined) expect(numberOf(picture)).toBe(1);
  });

  it('scales inside the decoder to exactly the size asked for', async () => {
    for (const name of ['h264.mp4', 'wide.mp4', 'odd.webm', 'pq.mp4', 'hlg.mp4']) {
      const size = { widthPx: 48, heightPx: 32 };
      const pictures = await reader.frames(at(name), { fps: 25, indices: [6, 31], channels: 3, size });
      expect(pictures.map(({ widthPx, heightPx }) => [widthPx, heightPx])).toEqual([[48, 32], [48, 32]]); // prettier-ignore
      expect(pictures.map(numberOf)).toEqual([5, 30]);
    }
  });

  it('brings high dynamic range to an ordinary one: of 5, 110 and 700 cd/m² the second is paper, not middle grey', async () => {
    const pictures = await reader.frames(at('flat.mp4'), { fps: 25, indices: [1, 2, 3], channels: 1 });
    const levels = pictures.map(({ data }) => data[3000] ?? 0);
    const untreated = [56, 133, 191];
    expect(levels[1]).toBeGreaterThan((untreated[1] ?? 0) + 20);
    expect(levels[1]).toBeLessThan(levels[2] ?? 0);
    expect(levels[0]).toBeLessThan(levels[1] ?? 0);
  });

  it('streams each frame once, ascending, whatever the order asked', async () => {
    const seen: number[] = [];
    const request = { fps: 25, indices: [9, 2, 9, 40, 1], channels: 1 as const };
    for await (const { index, picture } of reader.stream(at('h264.mp4'), request)) {
      expect(numberOf(picture)).toBe(index - 1);
      seen.push(index);
    }
    expect(seen).toEqual([1, 2, 9, 40]);
  });

  it('refuses frames that change their size in mid-video', async () => {
    const all = numbersThrough(
      reader,
      at('sizes.ts'),
      25,
      Array.from({ length: 90 }, (_, index) => index + 1),
    );
    await expect(all).rejects.toThrow(/sizes\.ts: its frames change their size/);
    await expect(all).rejects.toThrow(DataFailure);
  });
});

/** What of its two seconds a steady file knows that it has: a program stream tells its length only roughly. */
function secondsOf(name: string): number {
  return name.endsWith('.mpg') ? 1.9 : 2;
}

async function numbersThrough(
  reader: VideoReader,
  file: string,
  fps: number,
  indices: readonly number[],
): Promise<readonly number[]> {
  return (await reader.frames(file, { fps, indices, channels: 1 })).map(numberOf);
}
