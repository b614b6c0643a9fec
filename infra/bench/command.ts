import { availableParallelism } from 'node:os';
import { type Command, InvalidArgumentError } from 'commander';
import { UserError } from '../../domain/failures.js';

/** The budgets are written for two cores. */
export const THREADS = Math.min(2, availableParallelism());
const INTERRUPTED = 130;

/** Aborts on Ctrl-C; `runBench` then says so. */
export function stopOnSignals(): AbortController {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  return stop;
}

/** Runs a bench's command line to its exit code: a mistake is one message, an interruption 130. */
export async function runBench(program: Command, stop: AbortController): Promise<void> {
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
}

/** Reads a list of some of `all`, with commas. */
export function someOf<Part extends string>(all: readonly Part[]): (text: string) => readonly Part[] {
  return (text) =>
    text.split(',').map((name) => {
      const part = all.find((one) => one === name);
      if (part === undefined)
        throw new InvalidArgumentError(`expected some of ${all.join(',')}, got ${name}`);
      return part;
    });
}

export function countFrom(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError('expected a whole number from 1');
  return count;
}

/** To people: what a bench prints on standard output is its result. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
