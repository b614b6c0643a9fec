import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adaptersHere } from './adapters.js';
import type { Encoding } from './encode.js';
import { encode, everyTick } from './encode.js';
import { numberOf } from './numbered.js';

/** Ticks between key frames: longer than either adapter decodes through, so that it must seek. */
const GOP = 120;
const COUNT = 4 * GOP;
const STEADY = { ticks: everyTick(COUNT), gop: GOP };
const X264_PARAMS = `bframes=2:b-adapt=0:scenecut=0:keyint=${GOP}:min-keyint=${GOP}`;
const X264 = {
  codec: 'libx264',
  bFrames: 2,
  gop: GOP,
  options: { preset: 'ultrafast', 'x264-params': X264_PARAMS },
};
const OPEN = {
  ...X264,
  options: { preset: 'ultrafast', 'x264-params': `${X264_PARAMS}:open-gop=1:b-pyramid=normal` },
};
const VP9 = { codec: 'libvpx-vp9', options: { deadline: 'realtime', 'cpu-used': '8' } };

/** Longer than a seek's gap several times over; those behind the empty line are read from the beginning by a binary. */
const FILES: Readonly<Record<string, Encoding>> = {
  'h264.mp4': { ...X264, ...STEADY, muxer: 'mp4' },
  'h264.mkv': { ...X264, ...STEADY, muxer: 'matroska' },
  'open.mp4': { ...OPEN, ...STEADY, muxer: 'mp4' },
  // No I frame but the first: a seek finds nothing that is whole.
  'refreshed.mp4': {
    ...X264,
    ...STEADY,
    muxer: 'mp4',
    bFrames: 0,
    options: { preset: 'ultrafast', 'x264-params': `scenecut=0:keyint=${GOP}:intra-refresh=1` },
  },
  'pieces.mp4': {
    ...X264,
    ...STEADY,
    muxer: 'mp4',
    muxerOptions: { movflags: 'frag_keyframe+empty_moov' },
  },
  'vp9.webm': { ...VP9, ...STEADY, muxer: 'webm' },
  'mpeg4.mp4': {
    ...STEADY,
    codec: 'mpeg4',
    muxer: 'mp4',
    bFrames: 2,
    options: { b: '2000000' },
  },
  'late.mkv': { ...X264, ticks: everyTick(COUNT).map((tick) => tick + 1000), muxer: 'matroska' },

  'h264.ts': { ...X264, ...STEADY, muxer: 'mpegts' },
  'mpeg4.avi': { ...STEADY, codec: 'mpeg4', muxer: 'avi', options: { b: '2000000' } },
  'gif.gif': { ...STEADY, codec: 'gif', muxer: 'gif', pixels: 'gray' },
};
/** The first frame, those about each key frame, and the last, with gaps between. */
const PLACES = [1, 2, GOP, GOP + 1, GOP + 2, 2 * GOP, 2 * GOP + 1, 3 * GOP + 1, 3 * GOP + 2, COUNT];

/** Ticks with gaps of 1 to 3. */
const UNEVEN = everyTick(COUNT / 2).map((n) => n * 2 + (n % 3 === 1 ? 1 : 0));

let dir: string;
const at = (name: string): string => path.join(dir, name);

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'ruminate-seek-'));
  for (const [name, video] of Object.entries(FILES)) encode(at(name), video);
  // An edit list cuts the first ten frames off.
  encode(at('edited.mp4'), {
    ...X264,
    ticks: everyTick(COUNT).map((tick) => tick - 10),
    muxer: 'mp4',
    muxerOptions: { avoid_negative_ts: 'disabled' },
  });
  encode(at('uneven.mkv'), { ...X264, ticks: UNEVEN, muxer: 'matroska' });
});
afterAll(() => rm(dir, { recursive: true, force: true }));

describe.each(await adaptersHere())('frames far from each other through $name', ({ reader }) => {
  const numbers = async (name: string, indices: readonly number[]): Promise<readonly number[]> =>
    (await reader.frames(at(name), { fps: 25, indices, channels: 1 })).map(numberOf);

  it.each(Object.keys(FILES))('are exact about the key frames of %s, and first and last', async (name) => {
    expect(await numbers(name, PLACES)).toEqual(PLACES.map((index) => index - 1));
  });

  it('are exact when each is asked for alone', async () => {
    for (const name of ['h264.mp4', 'h264.ts', 'refreshed.mp4'])
      for (const index of [GOP, GOP + 1, 3 * GOP, COUNT])
        expect(await numbers(name, [index]), `${name} ${index}`).toEqual([index - 1]);
  });

  it('are counted from where an edit list begins', async () => {
    const places = PLACES.slice(0, -1);
    expect(await numbers('edited.mp4', places)).toEqual(places.map((index) => index - 1 + 10));
  });

  it('are on screen until the next, at uneven times', async () => {
    const places = [1, 118, 119, 120, 121, 122, 300, 301, 302, 303, 470];
    const shown = places.map((index) => UNEVEN.findLastIndex((begins) => begins <= index - 1));
    expect(await numbers('uneven.mkv', places)).toEqual(shown);
  });

  it('come in order by a stream too, and end with a consumer that breaks off', async () => {
    const seen: number[] = [];
    for await (const { index, picture } of reader.stream(at('h264.mkv'), {
      fps: 25,
      indices: PLACES,
      channels: 1,
    })) {
      expect(numberOf(picture)).toBe(index - 1);
      if (seen.push(index) === 7) break;
    }
    expect(seen).toEqual(PLACES.slice(0, 7));
  });
});
