import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Picture } from '../../../activities/ports.js';
import { differ } from '../../../infra/bench/video/agreement.js';
import { writeFilms } from '../../../infra/bench/video/encode.js';
import { shoot, type Film } from '../../../infra/bench/video/film.js';
import { readNumber } from '../../../infra/bench/video/frame-number.js';
import { picturesOf } from '../../../infra/bench/video/pictures.js';
import { resolveVideo } from '../../../infra/video/resolve.js';

const FILM: Film = { widthPx: 640, heightPx: 360, fps: 25, frames: 60, scenes: 3 };
const SMALL = { widthPx: 320, heightPx: 180 };

describe("the bench's film", () => {
  let dir: string;
  let once: string;
  let thrice: string;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'ruminate-film-'));
    [once, thrice] = [join(dir, 'once.mp4'), join(dir, 'thrice.mp4')];
    const files = [
      { path: once, times: 1 },
      { path: thrice, times: 3 },
    ];
    await writeFilms(FILM, shoot(FILM), files, {
      signal: new AbortController().signal,
      onProgress: () => undefined,
    });
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  const read = async (indices: readonly number[], size: typeof SMALL | null): Promise<readonly Picture[]> => {
    const { reader } = await resolveVideo();
    return picturesOf(reader, thrice, { fps: FILM.fps, indices, size });
  };

  it('carries in each frame its number, through the encoder, at native size and in an overview', async () => {
    const indices = [1, 2, 30, 59, 60];
    for (const size of [null, SMALL])
      expect((await read(indices, size)).map(readNumber)).toEqual(indices.map((index) => index - 1));
  });

  it('is as long as asked, the same frames again', async () => {
    const { reader } = await resolveVideo();
    expect((await reader.probe(thrice)).durationSec).toBeCloseTo(7.2, 1);
    expect((await reader.probe(once)).durationSec).toBeCloseTo(2.4, 1);
    expect((await read([61, 150, 180], null)).map(readNumber)).toEqual([0, 29, 59]);
    expect((await stat(thrice)).size).toBeGreaterThan(2.5 * (await stat(once)).size);
  });

  it('tells a neighbour, another size and another picture from the frame that was asked for', async () => {
    const [frame, neighbour] = (await read([40, 41], null)) as [Picture, Picture];
    const [small] = (await read([40], SMALL)) as [Picture];
    expect(differ(frame, frame, 39)).toBeNull();
    expect(differ(frame, neighbour, 39)).toBe('it carries the number 39; ours shows 39, theirs 40');
    expect(differ(frame, small, 39)).toBe('ours is 640×360, theirs 320×180');
    const brighter = { ...frame, data: frame.data.map((byte) => Math.min(255, byte + 9)) };
    expect(differ(frame, brighter, 39)).toMatch(/the pictures differ by \d\.\d levels/);
  });
});
