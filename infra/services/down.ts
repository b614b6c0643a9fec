import { rmSync } from 'node:fs';

import type { Home } from '../home/home.js';
import { isAlive, markedProcesses, type MarkedProcess, stopProcesses } from './processes.js';
import { livingSupervisor } from './status.js';
import { planFile, readState } from './state.js';

export interface Stopped {
  readonly role: string;
  readonly pid: number;
}

/** A worker has 20 s to put down what it holds, then each server as long; a supervisor that needs more is stuck. */
const SUPERVISOR_GRACE_MS = 45_000;
const LEFTOVER_GRACE_MS = 10_000;

/** Stops everything of this home and nothing else. Says what it stopped; an empty list when nothing ran. */
export async function down(options: {
  readonly home: Home;
  readonly onProgress?: (line: string) => void;
}): Promise<readonly Stopped[]> {
  const { home } = options;
  const supervisor = livingSupervisor(home);
  const stopped: Stopped[] = [];
  if (supervisor !== null) {
    const running = supervisor.services.flatMap(({ role, pid, started }) =>
      pid !== null && started !== null && isAlive({ pid, started }) ? { role, pid } : [],
    );
    options.onProgress?.(`stopping ${running.map(({ role }) => role).join(', ') || 'the supervisor'} …`);
    await stopProcesses([supervisor], SUPERVISOR_GRACE_MS);
    stopped.push(...running, { role: 'supervisor', pid: supervisor.pid });
  }
  stopped.push(...(await stopLeftovers(home)));
  // It holds the credentials of the services that no longer run.
  rmSync(planFile(home), { force: true });
  return stopped;
}

/**
 * Ends what a supervisor that was killed has left: processes it had recorded (by number and start time), and
 * all that carry the home's mark, their helpers included. Not to be called while a supervisor lives.
 */
export async function stopLeftovers(home: Home): Promise<readonly Stopped[]> {
  const left = leftovers(home);
  if (left.length > 0) await stopProcesses(left, LEFTOVER_GRACE_MS);
  return left.map(({ role, pid }) => ({ role, pid }));
}

function leftovers(home: Home): readonly MarkedProcess[] {
  const found = new Map<number, MarkedProcess>();
  for (const process of markedProcesses(home.root)) found.set(process.pid, process);
  for (const { role, pid, started } of readState(home)?.services ?? []) {
    if (pid !== null && started !== null && isAlive({ pid, started })) found.set(pid, { role, pid, started });
  }
  return [...found.values()];
}
