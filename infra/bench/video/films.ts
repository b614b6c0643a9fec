import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../../setup/paths.js';
import { ENCODING, writeFilms } from './encode.js';
import { FILM, shoot } from './film.js';

/** To be raised when the drawing changes. */
const DRAWING = 1;

/** The files that both sides read. */
export interface Films {
  /** Ten minutes of 1080p. */
  readonly tenMinutes: string;
  /** Two hours. */
  readonly twoHours: string;
}

/** How often the film's minute stands in each. */
const TIMES = { tenMinutes: 10, twoHours: 120 } as const;

/** Made once in the cache folder, named by what they are made of; a minute's work on two cores. */
export async function films(options: {
  readonly signal: AbortSignal;
  readonly onProgress: (line: string) => void;
}): Promise<Films> {
  const recipe = JSON.stringify({ FILM, ENCODING, DRAWING });
  const name = createHash('sha256').update(recipe).digest('hex').slice(0, 16);
  const folder = join(cacheFolder(), 'bench', 'video');
  const made: Films = {
    tenMinutes: join(folder, `${name}-10min.mp4`),
    twoHours: join(folder, `${name}-2h.mp4`),
  };
  const missing = (Object.keys(TIMES) as (keyof Films)[]).filter((key) => !existsSync(made[key]));
  if (missing.length === 0) return made;
  await mkdir(folder, { recursive: true });
  const parts = missing.map((key) => ({
    key,
    path: `${made[key].slice(0, -4)}.${process.pid}.part.mp4`,
    times: TIMES[key],
  }));
  try {
    await writeFilms(FILM, shoot(FILM), parts, {
      signal: options.signal,
      onProgress: (done) => {
        if (done % 250 === 0) options.onProgress(`drawing and encoding: ${done} of ${FILM.frames} frames`);
      },
    });
    for (const { key, path } of parts) await rename(path, made[key]);
  } finally {
    for (const { path } of parts) await rm(path, { force: true });
  }
  return made;
}
