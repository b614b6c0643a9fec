import { EXIT } from './exit.js';
import { progressLine } from './progress.js';
import { err } from './say.js';

/** What work is given: a signal that Ctrl-C aborts, and where to say how far it is. */
export interface Interruptible {
  readonly signal: AbortSignal;
  readonly onProgress: (progress: { readonly done: number; readonly total: number }) => void;
}

/**
 * Runs work that takes a while: its progress on a line, and Ctrl-C, which aborts it, says `stopped` and gives the exit
 * code of an interruption. Null where it was interrupted; any other error is thrown.
 */
export async function interruptible<T>(
  doing: string,
  stopped: string,
  work: (given: Interruptible) => Promise<T>,
): Promise<T | null> {
  const stop = new AbortController();
  const onInterrupt = (): void => {
    stop.abort();
  };
  process.once('SIGINT', onInterrupt);
  const progress = progressLine(doing);
  try {
    const done = await work({ signal: stop.signal, onProgress: progress.show });
    progress.end();
    return done;
  } catch (error) {
    progress.end();
    if (!stop.signal.aborted) throw error;
    err(stopped);
    process.exitCode = EXIT.interrupted;
    return null;
  } finally {
    process.off('SIGINT', onInterrupt);
  }
}
