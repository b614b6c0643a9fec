import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Child } from '../../../infra/bench/child.js';
import { disagreement } from '../../../infra/bench/video/agreement.js';
import { writeFilms } from '../../../infra/bench/video/encode.js';
import { shoot, type Film } from '../../../infra/bench/video/film.js';
import { picturesOf } from '../../../infra/bench/video/pictures.js';
import type { Check, Scenario } from '../../../infra/bench/video/scenarios.js';
import { projectRoot } from '../../../infra/setup/paths.js';
import { resolveVideo } from '../../../infra/video/resolve.js';
import { findPython } from '../../support/python.js';

const python = findPython(['av', 'decord', 'numpy']);
const skip = 'missing' in python;
const why = skip ? ` (skipped: ${python.missing})` : '';
const FILM: Film = { widthPx: 640, heightPx: 360, fps: 25, frames: 600, scenes: 5 };
/** Near each other, across key frames, back to front within a group. */
const FRAMES = [1, 3, 120, 251, 252, 420, 600];

describe('PyAV and decord as the bench uses them', () => {
  let dir: string;
  let child: Child;
  beforeAll(async () => {
    if ('missing' in python) return;
    dir = await mkdtemp(join(tmpdir(), 'ruminate-rivals-'));
    const signal = new AbortController().signal;
    await writeFilms(FILM, shoot(FILM), [{ path: join(dir, 'film.mp4'), times: 1 }], {
      signal,
      onProgress: () => undefined,
    });
    child = new Child(
      'rivals',
      python.path,
      ['-u', join(projectRoot(), 'infra/bench/video/rivals.py')],
      process.env,
    );
  });
  afterAll(async () => {
    if (skip) return;
    child.kill();
    await rm(dir, { recursive: true, force: true });
  });

  for (const library of ['pyav', 'decord'])
    for (const size of [null, { widthPx: 320, heightPx: 180 }])
      test.skipIf(skip)(
        `${library} gives our frames, ${size === null ? 'at native size' : 'small'}, opened anew or kept open${why}`,
        async () => {
          const scenario: Scenario = {
            name: 'random',
            title: 'some',
            files: [join(dir, 'film.mp4')],
            fps: FILM.fps,
            sets: [FRAMES],
            size,
            scratch: dir,
          };
          const ours = await ourCheck(scenario);
          for (const keep of [false, true]) {
            const variant = JSON.stringify({ library, keep });
            const as = `${library} ${keep}`;
            const ask = <T>(task: string, more: object): Promise<T> =>
              child.ask<T>(task, more, { timeoutMs: 30_000 });
            const theirs = await ask<Check>('open', { scenario, variant, as, threads: 2 });
            expect(await disagreement(scenario, ours, theirs), as).toBeNull();
            const measured = { name: as, times: 2, warmUp: true, round: 1, clock: 'wall', threads: 2 };
            expect(await ask<number[]>('measure', measured)).toHaveLength(2);
            // What it read before must not change what it gives now.
            expect(
              await disagreement(scenario, ours, await ask('open', { scenario, variant, as, threads: 2 })),
            ).toBeNull();
            await ask('close', { name: as });
          }
        },
      );
});

async function ourCheck({ files, fps, sets, size, scratch }: Scenario): Promise<Check> {
  const { reader } = await resolveVideo();
  const pictures = await picturesOf(reader, files[0]!, { fps, indices: sets[0]!, size });
  const file = join(scratch, 'ours.rgb');
  await writeFile(file, Buffer.concat(pictures.map(({ data }) => data)));
  return { file, widthPx: pictures[0]!.widthPx, heightPx: pictures[0]!.heightPx, frames: pictures.length };
}
