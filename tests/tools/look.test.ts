import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Picture, VideoReader } from '../../activities/ports.js';
import { DataFailure } from '../../domain/failures.js';
import { DEFAULT_PICTURES } from '../../domain/tools/pictures.js';
import { runToolCommand } from '../../infra/tools/command.js';
import { PictureTools } from '../../infra/tools/look.js';
import { NodeAvReader } from '../../infra/video/node-av-reader.js';
import { NodeAvWriter } from '../../infra/video/node-av-writer.js';

const WIDTH_PX = 256;
const HEIGHT_PX = 144;
let dir: string;
let video: string;

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'ruminate-look-'));
  video = path.join(dir, 'eight.mp4');
  // Second n is 20 + 25·n bright, with a white square of 32 px whose corner is at (32·n, 48).
  const frames = Array.from({ length: 32 }, (_, at) => {
    const n = at >> 2;
    return new Uint8Array(WIDTH_PX * HEIGHT_PX).map((_, pixel) => {
      const [x, y] = [pixel % WIDTH_PX, Math.floor(pixel / WIDTH_PX)];
      return x >= 32 * n && x < 32 * n + 32 && y >= 48 && y < 80 ? 250 : 20 + 25 * n;
    });
  });
  await new NodeAvWriter().write(video, {
    fps: 4,
    widthPx: WIDTH_PX,
    heightPx: HEIGHT_PX,
    frames,
    channels: 1,
    crf: 15,
  });
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Counts the frames that the reader behind it decodes. */
class CountingReader implements VideoReader {
  readonly version = 'counting';
  readonly #reader = new NodeAvReader();
  decoded = 0;

  probe(file: string): ReturnType<VideoReader['probe']> {
    return this.#reader.probe(file);
  }

  stream(file: string, request: Parameters<VideoReader['stream']>[1]): ReturnType<VideoReader['stream']> {
    this.decoded += request.indices.length;
    return this.#reader.stream(file, request);
  }

  frames(file: string, request: Parameters<VideoReader['frames']>[1]): Promise<readonly Picture[]> {
    this.decoded += request.indices.length;
    return this.#reader.frames(file, request);
  }
}

describe('PictureTools', () => {
  it('shows every frame as a thumbnail', async () => {
    const overview = await new PictureTools(new NodeAvReader()).overview(video, DEFAULT_PICTURES);
    expect(overview.length).toBe(8 * 18 * 32);
    for (let n = 0; n < 8; n++) {
      const thumbnail = overview.subarray(n * 576, (n + 1) * 576);
      expect(Math.abs((thumbnail[0] ?? 0) - (n === 0 ? 20 : 20 + 25 * n))).toBeLessThanOrEqual(4);
      expect(thumbnail[8 * 32 + n * 4 + 2]).toBeGreaterThan(235);
    }
  });

  it('answers a clip with looks that point into the pack, in the order asked', async () => {
    const call = { tool: 'clip', targetFrames: [5, 2] } as const;
    const { observation, pixels } = await new PictureTools(new NodeAvReader()).runCall(
      video,
      call,
      DEFAULT_PICTURES,
    );
    const size = { widthPx: 108, heightPx: 54 };
    expect(observation).toEqual({
      kind: 'looks',
      call,
      looks: [
        { frame: 5, box01: null, ...size, offset: 0 },
        { frame: 2, box01: null, ...size, offset: 5832 },
      ],
    });
    expect(pixels.length).toBe(2 * 5832);
    expect(Math.abs((pixels[0] ?? 0) - 120)).toBeLessThanOrEqual(4);
    expect(Math.abs((pixels[5832] ?? 0) - 45)).toBeLessThanOrEqual(4);
  });

  it('answers a crop with the region at native resolution', async () => {
    const bbox01 = [64 / 256, 48 / 144, 96 / 256, 80 / 144] as const;
    const tools = new PictureTools(new NodeAvReader());
    const { observation, pixels } = await tools.runCall(
      video,
      { tool: 'crop', targetFrame: 3, bbox01 },
      DEFAULT_PICTURES,
    );
    expect(observation).toMatchObject({
      kind: 'looks',
      looks: [{ frame: 3, box01: bbox01, widthPx: 108, heightPx: 32, offset: 0 }],
    });
    expect(pixels.every((value) => value > 225)).toBe(true);
  });

  it('answers a bad call with a sentence and no pixels', async () => {
    const tools = new PictureTools(new NodeAvReader());
    const { observation, pixels } = await tools.runCall(
      video,
      { tool: 'clip', targetFrames: [9] },
      DEFAULT_PICTURES,
    );
    expect(observation).toEqual({
      kind: 'refused',
      reason: 'clip: there is no frame 9; the video has frames 1 to 8.',
    });
    expect(pixels.length).toBe(0);
  });

  it('throws a DataFailure that names a file that is no video', async () => {
    const file = path.join(dir, 'notes.mp4');
    await writeFile(file, 'no video');
    const tools = new PictureTools(new NodeAvReader());
    await expect(tools.overview(file, DEFAULT_PICTURES)).rejects.toThrow(DataFailure);
    await expect(tools.overview(file, DEFAULT_PICTURES)).rejects.toThrow('notes.mp4');
  });

  it('decodes a small video once, by content, however often it is looked at', async () => {
    const reader = new CountingReader();
    const tools = new PictureTools(reader);
    const copy = path.join(dir, 'copy.mp4');
    await writeFile(copy, await readFile(video));
    for (let n = 1; n <= 8; n++)
      await tools.runCall(video, { tool: 'clip', targetFrames: [n] }, DEFAULT_PICTURES);
    await tools.overview(copy, DEFAULT_PICTURES);
    expect(reader.decoded).toBe(8);
  });

  it('forgets frames beyond its memory, and finds them again on disk', async () => {
    const reader = new CountingReader();
    const small = { maxBytes: 3 * WIDTH_PX * HEIGHT_PX };
    const forgetful = new PictureTools(reader, small);
    await forgetful.overview(video, DEFAULT_PICTURES);
    const again = await forgetful.overview(video, DEFAULT_PICTURES);
    expect(reader.decoded).toBe(16);

    const kept = new PictureTools(reader, { ...small, dir: path.join(dir, 'frames') });
    await kept.overview(video, DEFAULT_PICTURES);
    expect(reader.decoded).toBe(24);
    expect(await kept.overview(video, DEFAULT_PICTURES)).toEqual(again);
    const later = new PictureTools(reader, { ...small, dir: path.join(dir, 'frames') });
    expect(await later.overview(video, DEFAULT_PICTURES)).toEqual(again);
    expect(reader.decoded).toBe(24);
  });

  it('sees a file that was replaced', async () => {
    const file = path.join(dir, 'replaced.mp4');
    await writeFile(file, await readFile(video));
    const tools = new PictureTools(new NodeAvReader());
    await tools.overview(file, DEFAULT_PICTURES);
    await writeFile(file, 'no video any more');
    await expect(tools.overview(file, DEFAULT_PICTURES)).rejects.toThrow(DataFailure);
  });
});

describe('ruminate tool', () => {
  it('writes the pictures as PNG in order, at native resolution', async () => {
    const out = path.join(dir, 'clip');
    const clip = await runToolCommand({ tool: 'clip', video, argumentsJson: '{"target_frames":[7,2]}', out });
    expect(clip).toEqual({
      files: [path.join(out, '01-clip-frame-7.png'), path.join(out, '02-clip-frame-2.png')],
      observation: 'clip: frames 7, 2.',
      refused: false,
    });
    expect((await readdir(out)).sort()).toEqual(['01-clip-frame-7.png', '02-clip-frame-2.png']);
    expect(await sharp(clip.files[0]).metadata()).toMatchObject({
      format: 'png',
      width: 256,
      height: 144,
      channels: 3,
    });

    const argumentsJson = '{"target_frame":3,"bbox_2d":[0.25,0.3334,0.375,0.5555]}';
    const crop = await runToolCommand({ tool: 'crop', video, argumentsJson, out: path.join(dir, 'crop') });
    expect(await sharp(crop.files[0]).metadata()).toMatchObject({ width: 32, height: 32 });
    const { channels } = await sharp(crop.files[0]).stats();
    expect(channels.every(({ mean }) => mean > 240)).toBe(true);
  });

  it('writes the overview, and numbers frames at the rate asked', async () => {
    const out = path.join(dir, 'overview');
    const { files } = await runToolCommand({ tool: 'overview', video, fps: 2, out });
    expect(files).toHaveLength(16);
    expect(await sharp(files[15]).metadata()).toMatchObject({ width: 32, height: 18 });
  });

  it.each([
    ['{"target_frames":[0]}', 'clip: there is no frame 0; the video has frames 1 to 8.'],
    ['{"target_frames"', 'clip: the arguments must be an object, got "{\\"target_frames\\"".'],
  ])('answers %s with what was wrong, and writes nothing', async (argumentsJson, observation) => {
    const out = path.join(dir, 'nothing');
    expect(await runToolCommand({ tool: 'clip', video, argumentsJson, out })).toEqual({
      files: [],
      observation,
      refused: true,
    });
    await expect(readdir(out)).rejects.toThrow('ENOENT');
  });
});
