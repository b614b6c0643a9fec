import { mkdtemp, readdir, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { FrameRequest, Picture } from '../../activities/ports.js';
import { DiskFrames } from '../../infra/tools/disk-frames.js';
import { FrameCache } from '../../infra/tools/frames.js';
import { NodeAvReader } from '../../infra/video/node-av-reader.js';
import { encode, everyTick } from '../video/encode.js';
import { numberOf } from '../video/numbered.js';

let dir: string;
let video: string;
let kept: string;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'ruminate-frames-'));
  video = path.join(dir, 'fifty.mp4');
  encode(video, { codec: 'libx264', muxer: 'mp4', ticks: everyTick(50), bFrames: 2 });
});
beforeEach(async () => {
  kept = await mkdtemp(path.join(dir, 'kept-'));
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Remembers which frames were decoded. */
class RecordingReader extends NodeAvReader {
  readonly decoded: number[] = [];

  override stream(file: string, request: FrameRequest): ReturnType<NodeAvReader['stream']> {
    this.decoded.push(...request.indices);
    return super.stream(file, request);
  }

  override frames(file: string, request: FrameRequest): Promise<readonly Picture[]> {
    this.decoded.push(...request.indices);
    return super.frames(file, request);
  }
}

const ALL = everyTick(50).map((tick) => tick + 1);
const ONE_FRAME = 96 * 64 + 16;

describe('frames of a long video', () => {
  it('come each once, in order, though memory holds only a few, and from disk the next time', async () => {
    const reader = new RecordingReader();
    const cache = new FrameCache(reader, { maxBytes: 3 * 96 * 64, dir: kept });
    for (const round of [1, 2]) {
      const seen: number[] = [];
      for await (const { index, picture } of cache.stream(video, 25, ALL)) {
        expect(numberOf(picture)).toBe(index - 1);
        seen.push(index);
      }
      expect(seen, `round ${round}`).toEqual(ALL);
    }
    expect(reader.decoded).toEqual(ALL);
  });

  it('are decoded only where they are missing, and mixed in in their order', async () => {
    const reader = new RecordingReader();
    const cache = new FrameCache(reader, { dir: kept });
    await cache.frames(video, 25, [40, 10, 20]);
    const pictures = await cache.frames(video, 25, [30, 20, 5, 10, 40]);
    expect(pictures.map(numberOf)).toEqual([29, 19, 4, 9, 39]);
    expect(reader.decoded).toEqual([10, 20, 40, 5, 30]);
  });

  it('are kept apart by rate and by colour', async () => {
    const cache = new FrameCache(new NodeAvReader(), { dir: kept });
    const [grey] = await cache.frames(video, 25, [2]);
    const [slow] = await cache.frames(video, 5, [2]);
    const [colour] = await cache.frames(video, 25, [2], undefined, 3);
    expect([grey, slow, colour].map((picture) => (picture === undefined ? NaN : numberOf(picture)))).toEqual([
      1, 5, 1,
    ]);
    expect(colour?.data.length).toBe(3 * (grey?.data.length ?? 0));
  });

  it('go to disk only where the video is longer than told', async () => {
    const cache = new FrameCache(new NodeAvReader(), { dir: kept, diskAbove: 50 });
    await cache.frames(video, 25, [1, 2]);
    expect(await readdir(kept)).toEqual([]);
  });

  it('stop being decoded when the consumer breaks off', async () => {
    const reader = new RecordingReader();
    const cache = new FrameCache(reader, { dir: kept });
    for await (const { index } of cache.stream(video, 25, ALL)) if (index === 4) break;
    await cache.frames(video, 25, [4]);
    expect(reader.decoded).toEqual(ALL);
    expect((await frameFiles(kept)).length).toBe(4);
  });
});

describe('a region', () => {
  it.each([1, 3] as const)(
    'of %i channels is the same from disk, from memory and cut from the frame',
    async (channels) => {
      const box01 = [0.1, 0.2, 0.63, 0.9] as const;
      const request = { fps: 25, index: 8, channels, box01 };
      const cache = new FrameCache(new NodeAvReader(), { dir: kept });
      const decoded = await cache.region(video, request);
      const fromMemory = await cache.region(video, request);
      const reader = new RecordingReader();
      const fromDisk = await new FrameCache(reader, { dir: kept }).region(video, request);
      expect(reader.decoded).toEqual([]);
      expect([fromMemory, fromDisk]).toEqual([decoded, decoded]);
      const [frame] = await cache.frames(video, 25, [8], undefined, channels);
      expect(decoded).toMatchObject({ widthPx: 52, heightPx: 46, channels });
      for (const [x, y] of [[0, 0], [51, 45], [17, 30]] as const) {
      for (let channel = 0; channel < channels; channel++) {
        const was = frame?.data[((12 + y) * 96 + 9 + x) * channels + channel];
        expect(decoded.data[(y * 52 + x) * channels + channel]).toBe(was);
      }
    } // prettier-ignore
    },
  );
});

describe('frames on disk', () => {
  const picture = (level: number): Picture => ({
    widthPx: 96, heightPx: 64, channels: 1, data: new Uint8Array(96 * 64).fill(level),
  }); // prettier-ignore

  it('stay within their limit: what was used longest ago goes first', async () => {
    const frames = new DiskFrames(kept, 5 * ONE_FRAME);
    for (let n = 0; n < 5; n++) {
      await frames.write(`a/${n}.frame`, picture(n));
      await utimes(path.join(kept, `a/${n}.frame`), 1000 + n, 1000 + n);
    }
    // Used again, so no longer the oldest.
    expect((await frames.read('a/0.frame'))?.data[0]).toBe(0);
    await frames.write('a/5.frame', picture(5));
    expect(await frames.has('a/0.frame')).toBe(true);
    expect(await frames.has('a/1.frame')).toBe(false);
    expect(await frames.has('a/5.frame')).toBe(true);
    const bytes = await Promise.all((await frameFiles(kept)).map(async (file) => (await stat(file)).size));
    expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(5 * ONE_FRAME);
  });

  it('counts what an earlier process left, and clears its half-written files when they are old', async () => {
    await new DiskFrames(kept, 10 * ONE_FRAME).write('a/1.frame', picture(1));
    await writeFile(path.join(kept, 'a/2.frame.77-0.part'), 'half');
    await utimes(path.join(kept, 'a/2.frame.77-0.part'), 1000, 1000);
    await writeFile(path.join(kept, 'a/3.frame.78-0.part'), 'being written now');
    await new DiskFrames(kept, 1.5 * ONE_FRAME).write('a/4.frame', picture(4));
    expect((await readdir(path.join(kept, 'a'))).sort()).toEqual(['3.frame.78-0.part', '4.frame']);
  });

  it.each([0, 10, 16, 3000])('takes a file of only %i bytes for none', async (length) => {
    const frames = new DiskFrames(kept, 10 * ONE_FRAME);
    await frames.write('a/1.frame', picture(9));
    expect((await frames.read('a/1.frame'))?.data[0]).toBe(9);
    await truncate(path.join(kept, 'a/1.frame'), length);
    expect(await frames.read('a/1.frame')).toBeNull();
  });
});

async function frameFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => name.endsWith('.frame')).map((name) => path.join(folder, name));
}
