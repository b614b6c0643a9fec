import { Command } from 'commander';
import { countFrom, runBench, say, someOf, stopOnSignals, THREADS } from '../command.js';
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

const stop = stopOnSignals();

const program = new Command('npm run bench:engine --')
  .description(
    'Measures the embedded engine beside PyTorch (RUMINATE_PYTHON, else python3) on the same weights, inputs and threads.\n' +
      'Let the machine do nothing else meanwhile.',
  )
  .option('--json', 'answer with the numbers as JSON')
  .option('--sizes', 'also what a token costs from half a million to a hundred million parameters')
  .option('--only <parts>', `some of ${PARTS.join(',')}`, someOf(PARTS))
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

await runBench(program, stop);
