import { availableParallelism } from 'node:os';
import { Command, InvalidArgumentError } from 'commander';
import { UserError } from '../../../domain/failures.js';
import { engineBench, PARTS, type Part } from './engine-bench.js';
import { engineBenchTable } from './table.js';

interface Options {
  readonly json?: boolean;
  readonly sizes?: boolean;
  readonly only?: readonly Part[];
  readonly threads: number;
  readonly rounds: number;
  readonly cpuTime?: boolean;
  readonly compile: boolean;
}

/** The budgets are written for two cores. */
const THREADS = Math.min(2, availableParallelism());
const INTERRUPTED = 130;

const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

const program = new Command('npm run bench:engine --')
  .description(
    'Measures the embedded engine beside PyTorch (RUMINATE_PYTHON, else python3) on the same weights, inputs and threads.\n' +
      'Let the machine do nothing else meanwhile.',
  )
  .option('--json', 'answer with the numbers as JSON')
  .option('--sizes', 'also what a token costs from half a million to a hundred million parameters')
  .option('--only <parts>', `some of ${PARTS.join(',')}`, partsFrom)
  .option('--threads <n>', 'on either side', countFrom, THREADS)
  .option('--rounds <n>', 'turns that the two sides take', countFrom, 11)
  .option('--no-compile', 'leave out torch.compile, which takes a minute or two by itself')
  .option(
    '--cpu-time',
    "count processes' own time in place of the wall's, where others use the machine; with --threads 1",
  )
  .action(async ({ json, sizes, only, threads, rounds, cpuTime, compile }: Options) => {
    const usual = PARTS.filter((part) => part !== 'sizes' || sizes === true);
    const parts = only ?? usual;
    const result = await engineBench({
      threads,
      rounds,
      clock: cpuTime === true ? 'cpu' : 'wall',
      compile,
      parts,
      signal: stop.signal,
      onProgress: say,
    });
    process.stdout.write(`${json === true ? JSON.stringify(result, null, 2) : engineBenchTable(result)}\n`);
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
