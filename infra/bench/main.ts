import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { UserError } from '../../domain/failures.js';
import { homeAt } from '../home/home.js';
import { down } from '../services/down.js';
import { up } from '../services/up.js';
import { bench, type Bench } from './bench.js';
import { benchTable } from './table.js';

interface Options {
  readonly json?: boolean;
  readonly home: string;
}

const program = new Command('npm run bench --')
  .description(
    'Runs a short curriculum with the sizes of configs/mini.yaml on an installation of its own, and shows where the time\n' +
      'of a step goes. Let the machine do nothing else meanwhile.',
  )
  .option('--json', 'answer with the numbers as JSON')
  .option('--home <dir>', "the installation's folder; kept, so that its videos are made once", defaultHome())
  .action(async (options: Options) => {
    const result = await measured(options.home);
    process.stdout.write(`${options.json === true ? JSON.stringify(result, null, 2) : benchTable(result)}\n`);
  });

try {
  await program.parseAsync();
} catch (error) {
  say(`ruminate: ${error instanceof Error ? error.message : String(error)}`);
  if (error instanceof UserError && error.hint !== undefined) say(error.hint);
  process.exitCode = error instanceof UserError ? 2 : 1;
}

/** Services that were running already are left running. */
async function measured(folder: string): Promise<Bench> {
  const home = homeAt(folder);
  const stop = new AbortController();
  const onSignal = (): void => {
    stop.abort();
  };
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  const { already } = await up({ home, onProgress: say });
  try {
    return await bench({ home, signal: stop.signal, onProgress: say });
  } finally {
    if (!already) await down({ home });
  }
}

function defaultHome(): string {
  return join(tmpdir(), `ruminate-bench-${userInfo().username}`);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
