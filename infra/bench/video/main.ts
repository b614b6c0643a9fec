import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { UserError } from '../../../domain/failures.js';
import { videoBenchTable } from './table.js';
import { PARTS, videoBench, type Part } from './video-bench.js';

interface Options {
  readonly json?: boolean;
  readonly only?: readonly Part[];
  readonly threads: number;
  readonly rounds: number;
  readonly cpuTime?: boolean;
}

/** The budgets are written for two cores. */
const THREADS = Math.min(2, availableParallelism());
const INTERRUPTED = 130;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

const program = new Command('npm run bench:video --')
  .description(
    'Measures our video reader beside PyAV and decord (RUMINATE_PYTHON, else python3) on the same files, frames and cores.\n' +
      'Let the machine do nothing else meanwhile. The files (0.8 GiB) are made once, in the cache folder.',
  )
  .option('--json', 'answer with the numbers as JSON')
  .option('--only <parts>', `some of ${PARTS.join(',')}`, partsFrom)
  .option('--threads <n>', 'threads and cores of either side', countFrom, THREADS)
  .option('--rounds <n>', 'turns that the sides take', countFrom, 7)
  .option('--cpu-time', "count processes' own time in place of the wall's; not of processes that they start")
  .action(async ({ json, only, threads, rounds, cpuTime }: Options) => {
    const result = await videoBench({
      threads,
      rounds,
      clock: cpuTime === true ? 'cpu' : 'wall',
      parts: only ?? PARTS,
      signal: stop.signal,
      onProgress: say,
    });
    process.stdout.write(`${json === true ? JSON.stringify(result, null, 2) : videoBenchTable(result)}\n`);
  });

try {
  await program.parseAsync();
} catch (error) {
  if (stop.signal.aborted) {
    say('interrupted');
    process.exitCode = INTERRUPTED;
  } else {
    say(`ruminate: ${error instanceof Error ? error.message : String(error)}`);
    if (error instanceof UserError && error.hint !== undefined) say(error.hint);
    process.exitCode = error instanceof UserError ? 2 : 1;
  }
}

function partsFrom(text: string): readonly Part[] {
  const parts = text.split(',');
  const unknown = parts.find((part) => !(PARTS as readonly string[]).includes(part));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`expected some of ${PARTS.join(',')}, got ${unknown}`);
  return parts as readonly Part[];
}

function countFrom(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('expected a whole number from 1');
  return count;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
