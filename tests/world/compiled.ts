import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { writeWorld } from '../../infra/world/write.js';
import { compiledRooms } from '../support/compiled.js';

/** The world's writer as it is shipped: only then can it share its work among processes. */
export async function compiledWriter(): Promise<{
  writeWorld: typeof writeWorld;
  remove: () => Promise<void>;
}> {
  const { folder, remove } = await compiledRooms('world', [
    'domain',
    'infra/concurrency',
    'infra/home',
    'infra/making',
    'infra/world',
    'infra/video',
  ]);
  const url = pathToFileURL(path.join(folder, 'infra/world/write.js')).href;
  const module = (await import(/* @vite-ignore */ url)) as { writeWorld: typeof writeWorld };
  return { writeWorld: module.writeWorld, remove };
}
