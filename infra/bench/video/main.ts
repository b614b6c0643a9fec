import { Command } from 'commander';
import { countFrom, runBench, say, someOf, stopOnSignals, THREADS } from '../command.js';
import { videoBenchTable } from './table.js';
import { PARTS, videoBench, type Part } from './video-bench.js';

interface Options {
  readonly json?: boolean;
  readonly only?: readonly Part[];
  readonly threads: number;
  readonly rounds: number;
  readonly cpuTime?: boolean;
}

const stop = stopOnSignals();

const program = new Command('npm run bench:video --')
  .description(
    'Measures our video reader beside PyAV and decord (RUMINATE_PYTHON, else python3) on the same files, frames and cores.\n' +
      'Let the machine do nothing else meanwhile. The files (0.8 GiB) are made once, in the cache folder.',
  )
  .option('--json', 'answer with the numbers as JSON')
  .option('--only <parts>', `some of ${PARTS.join(',')}`, someOf(PARTS))
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

await runBench(program, stop);
