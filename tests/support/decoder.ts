import path from 'node:path';
import { compiledRooms } from './compiled.js';

/** Compiles the process that decodes once for all tests: a process cannot be started from TypeScript. */
export default async function setup(): Promise<() => Promise<void>> {
  const { folder, remove } = await compiledRooms('decoder', ['domain', 'infra/concurrency', 'infra/video']);
  process.env['RUMINATE_COMPILED_DECODER'] = path.join(folder, 'infra/video/decode-child.js');
  return remove;
}
