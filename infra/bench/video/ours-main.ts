import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Picture } from '../../../activities/ports.js';
import { resolveVideo } from '../../video/resolve.js';
import { CLOCKS, type Clock } from '../clocks.js';
import { LONGEST_ROUND } from '../turns.js';
import { measureCrop } from './crop.js';
import { picturesOf } from './pictures.js';
import type { Check, Scenario } from './scenarios.js';

/** The child process that measures one of our adapters (`FFMPEG_BIN` says which); see child.ts for how it is spoken to. */
type Request = { readonly id: number } & (
  | { readonly task: 'who' }
  | { readonly task: 'open'; readonly scenario: Scenario; readonly as: string }
  | {
      readonly task: 'measure';
      readonly name: string;
      readonly times: number;
      readonly warmUp: boolean;
      readonly round: number;
      readonly clock: Clock;
    }
  | { readonly task: 'close'; readonly name: string }
  | { readonly task: 'crop'; readonly file: string; readonly frame: number; readonly scratch: string }
);

const open = new Map<string, Scenario>();
const { reader, foundBy } = await resolveVideo();

// One request at a time, in order; the end of the input is the end of this process.
for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as Request;
  try {
    say({ id: request.id, result: await answer(request) });
  } catch (error) {
    say({ id: request.id, error: error instanceof Error ? error.message : String(error) });
  }
}
process.exit();

async function answer(request: Request): Promise<unknown> {
  switch (request.task) {
    case 'who':
      return { version: reader.version, foundBy };
    case 'open': {
      open.set(request.as, request.scenario);
      return checkOf(await run(request.scenario, 0), checkFile(request));
    }
    case 'measure': {
      const scenario = open.get(request.name);
      if (scenario === undefined) throw new Error(`${request.name} was not opened`);
      const first = request.round * LONGEST_ROUND;
      // The other side has had the caches to itself.
      if (request.warmUp) await run(scenario, first + LONGEST_ROUND - 1);
      const ms: number[] = [];
      for (let i = 0; i < request.times; i++) {
        const started = CLOCKS[request.clock]();
        await run(scenario, first + i);
        ms.push(CLOCKS[request.clock]() - started);
      }
      return ms;
    }
    case 'close':
      open.delete(request.name);
      return null;
    case 'crop':
      return measureCrop(reader, request);
    default:
      return request satisfies never;
  }
}

function run({ files, sets, fps, size }: Scenario, k: number): Promise<readonly Picture[]> {
  return picturesOf(reader, files[k % files.length]!, { fps, indices: sets[k % sets.length]!, size });
}

function checkFile({ scenario, as }: { readonly scenario: Scenario; readonly as: string }): string {
  return join(scenario.scratch, `${as.replace(/\W+/g, '-')}.rgb`);
}

async function checkOf(pictures: readonly Picture[], file: string): Promise<Check> {
  await writeFile(file, Buffer.concat(pictures.map(({ data }) => data)));
  const { widthPx = 0, heightPx = 0 } = pictures[0] ?? {};
  return { file, widthPx, heightPx, frames: pictures.length };
}

function say(reply: object): void {
  process.stdout.write(`${JSON.stringify(reply)}\n`);
}
