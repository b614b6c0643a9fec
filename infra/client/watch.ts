import { setTimeout as sleep } from 'node:timers/promises';
import { classify } from '../../domain/failures.js';
import { hasEnded, waitsForPerson } from './run-state.js';
import type { Session } from './session.js';
import { runStatus, type RunStatus } from './status.js';

export interface WatchOptions {
  readonly everyMs?: number;
  readonly signal: AbortSignal;
  /** A server that is away is waited for; the watcher is told once. */
  readonly onTrouble?: (message: string) => void;
}

/** The run's status again and again, until it has ended or waits for a person (that status comes last), or the signal aborts. */
export async function* watchRun(
  session: Session,
  run: string,
  { everyMs = 1_000, signal, onTrouble }: WatchOptions,
): AsyncGenerator<RunStatus> {
  let troubled = false;
  while (!signal.aborted) {
    try {
      const status = await runStatus(session, run);
      troubled = false;
      yield status;
      if (hasEnded(status) || waitsForPerson(status)) return;
    } catch (error) {
      if (classify(error) !== 'infrastructure') throw error;
      if (!troubled) onTrouble?.(error instanceof Error ? error.message : String(error));
      troubled = true;
    }
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}
