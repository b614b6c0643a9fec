import { copyFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Picture } from '../../activities/ports.js';
import { DataFailure } from '../../domain/failures.js';
import { adaptersHere } from './adapters.js';
import {
  copyCutBehindIndex,
  copyTurned,
  greyOf,
  SAMPLE_HEIGHT_PX,
  SAMPLE_WIDTH_PX,
  steady,
  writeSample,
} from './samples.js';

let dir: string;
const at = (name: string): string => path.join(dir, name);

/** Uneven times, as a screen recorder writes them. */
const UNEVEN_SEC = [0, 0.1, 0.5, 0.55, 1, 1.7, 1.75, 1.8, 2.9, 3, 3.4, 5, 5.1, 5.2, 6];

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'ruminate-readers-'));
  await writeSample(at('steady.mp4'), { timesSec: steady(32, 4), gop: 4 });
  await writeSample(at('uneven.mp4'), { timesSec: UNEVEN_SEC, bFrames: 2, gop: 250 });
  await writeSample(at('long.mp4'), { timesSec: steady(300, 10), bFrames: 3, gop: 25 });
  await writeSample(at('upright.mp4'), { timesSec: steady(4, 4), paint: (_, x, y) => 40 + 2 * x + (y >> 2) });
  await copyTurned(at('upright.mp4'), at('turned.mp4'));
  await copyCutBehindIndex(at('long.mp4'), at('half.mp4'));
  await copyFile(at('steady.mp4'), at('headless.mp4'));
  await truncate(at('headless.mp4'), 900);
  await writeFile(at('empty.mp4'), '');
  await writeFile(at('notes.mp4'), 'These are notes, not a video.\n'.repeat(50));
});

afterAll(() => rm(dir, { recursive: true, force: true }));

describe.each(await adaptersHere())('reading through $name', ({ reader }) => {
  const frames = (name: string, fps: number, indices: readonly number[]): Promise<readonly Picture[]> =>
    reader.frames(at(name), { fps, indices, channels: 1 });

  it('probes size, duration and codec', async () => {
    expect(await reader.probe(at('steady.mp4'))).toEqual({
      widthPx: SAMPLE_WIDTH_PX,
      heightPx: SAMPLE_HEIGHT_PX,
      durationSec: expect.closeTo(7.95, 5) as number,
      codec: 'h264',
    });
  });

  it.each([0.5, 1, 2, 3, 4, 7.5])(
    'gives at %s fps the frame on screen at (i − 1)/fps seconds',
    async (fps) => {
      const indices = Array.from({ length: Math.floor(7.9 * fps) }, (_, index) => index + 1);
      const shown = (await frames('steady.mp4', fps, indices)).map(middle);
      const expected = indices.map((index) => greyOf(Math.floor(((index - 1) / fps) * 4 + 1e-6)));
      expect(differences(shown, expected)).toBeLessThanOrEqual(3);
    },
  );

  it.each([1, 2, 10])(
    'keeps to the clock at %s fps when times are uneven and frames are reordered',
    async (fps) => {
      const indices = Array.from({ length: Math.floor(5.2 * fps) + 1 }, (_, index) => index + 1);
      const shown = (await frames('uneven.mp4', fps, indices)).map(middle);
      const expected = indices.map((index) =>
        greyOf(UNEVEN_SEC.findLastIndex((sec) => sec <= (index - 1) / fps + 1e-6)),
      );
      expect(differences(shown, expected)).toBeLessThanOrEqual(3);
    },
  );

  it('finds single frames far into a video with B frames', async () => {
    const indices = [1, 2, 33, 100, 101, 250, 251, 275, 300];
    const shown = (await frames('long.mp4', 10, indices)).map(middle);
    expect(
      differences(
        shown,
        indices.map((index) => greyOf(index - 1)),
      ),
    ).toBeLessThanOrEqual(3);
  });

  it('gives frames in the order asked, repeats included', async () => {
    const [seventh, first, again] = (await frames('steady.mp4', 1, [7, 1, 7])).map(middle);
    expect(seventh).toBe(again);
    expect(seventh).not.toBe(first);
  });

  it('turns the picture as its file says', async () => {
    expect(await reader.probe(at('turned.mp4'))).toMatchObject({
      widthPx: SAMPLE_HEIGHT_PX,
      heightPx: SAMPLE_WIDTH_PX,
    });
    const [upright] = await frames('upright.mp4', 1, [1]);
    const [turned] = await frames('turned.mp4', 1, [1]);
    if (upright === undefined || turned === undefined) throw new Error('no frames');
    expect([turned.widthPx, turned.heightPx]).toEqual([SAMPLE_HEIGHT_PX, SAMPLE_WIDTH_PX]);
    // Clockwise: what was at the left edge, 10 px down, is at the top edge, 10 px from the right.
    for (const [x, y] of [
      [3, 10],
      [60, 40],
      [30, 2],
    ] as const) {
      const was = upright.data[y * SAMPLE_WIDTH_PX + x] ?? -1;
      const is = turned.data[x * SAMPLE_HEIGHT_PX + (SAMPLE_HEIGHT_PX - 1 - y)] ?? -2;
      expect(Math.abs(was - is)).toBeLessThanOrEqual(1);
    }
  });

  it('gives colour as three bytes a pixel', async () => {
    const [picture] = await reader.frames(at('steady.mp4'), { fps: 1, indices: [3], channels: 3 });
    expect(picture?.data.length).toBe(SAMPLE_WIDTH_PX * SAMPLE_HEIGHT_PX * 3);
    const bytes = [...(picture?.data.subarray(3000, 3003) ?? [])];
    expect(
      differences(
        bytes,
        bytes.map(() => greyOf(8)),
      ),
    ).toBeLessThanOrEqual(4);
  });

  it.each([
    ['empty.mp4', /empty\.mp4: is empty/],
    ['notes.mp4', /notes\.mp4: is not a video/],
    ['headless.mp4', /headless\.mp4: is not a video that FFmpeg can open, or is cut short/],
    ['absent.mp4', /absent\.mp4: there is no such file/],
    ['.', /is not a file/],
  ])('refuses %s with its name and the reason', async (name, message) => {
    const path = name === '.' ? dir : at(name);
    await expect(reader.probe(path)).rejects.toThrow(message);
    await expect(reader.frames(path, { fps: 1, indices: [1], channels: 1 })).rejects.toThrow(DataFailure);
  });

  it('refuses frames behind the place where a video is cut, and gives those before it', async () => {
    expect(await frames('half.mp4', 1, [1, 2])).toHaveLength(2);
    await expect(frames('half.mp4', 1, [1, 29])).rejects.toThrow(/half\.mp4: .*cut short or damaged/);
    await expect(frames('half.mp4', 1, [1, 29])).rejects.toThrow(DataFailure);
  });

  it.each([0, -1, 9, 1.5])('refuses frame %s of a video with frames 1 to 8', async (index) => {
    await expect(frames('steady.mp4', 1, [1, index])).rejects.toThrow(`frame ${index} was asked for`);
  });

  it('does not begin when it was aborted before', async () => {
    const signal = AbortSignal.abort(new Error('stopped by the test'));
    const request = { fps: 1, indices: [1], channels: 1 as const, signal };
    await expect(reader.frames(at('steady.mp4'), request)).rejects.toThrow('stopped by the test');
  });
});

it('gives the same grey bytes through every adapter', async () => {
  const indices = [1, 2, 3, 4, 5, 6];
  const all = await Promise.all(
    (await adaptersHere()).map(({ reader }) =>
      reader.frames(at('uneven.mp4'), { fps: 1, indices, channels: 1 }),
    ),
  );
  for (const pictures of all) expect(pictures).toEqual(all[0]);
  expect((await readFile(at('uneven.mp4'))).length).toBeGreaterThan(0);
});

function middle(picture: Picture): number {
  return picture.data[(picture.heightPx >> 1) * picture.widthPx + (picture.widthPx >> 1)] ?? -1;
}

/** The largest difference between two lists, infinite when their lengths differ. */
function differences(one: readonly number[], other: readonly number[]): number {
  if (one.length !== other.length) return Infinity;
  return Math.max(...one.map((value, index) => Math.abs(value - (other[index] ?? Infinity))));
}
