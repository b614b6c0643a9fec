import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

import { InfrastructureFailure } from '../../domain/failures.js';
import type { Home } from '../home/home.js';
import { logFile } from '../home/home.js';
import { stopLeftovers } from './down.js';
import { lastLines } from './logs.js';
import { identify, isAlive, stopProcesses } from './processes.js';
import type { Plan, ServiceRecord } from './spec.js';
import { readState, STAY, writePlan, type SupervisorState } from './state.js';
import { livingSupervisor } from './status.js';
import { compiled } from './workers.js';

/** A machine busy with other things may need long; what takes longer than this is broken. */
const READY_WITHIN_MS = 180_000;
/** A service that died this often without a minute of life does not come up by itself. */
const HOPELESS_FAILURES = 3;

export interface LaunchOptions {
  /** The services outlive this process. */
  readonly stay: boolean;
  readonly onProgress: (line: string) => void;
  /** Compiled supervisor; for tests. */
  readonly entry?: string;
}

/**
 * Starts a supervisor on a plan and returns when all its services are ready; the returned promise resolves
 * when the supervisor has ended. Until then the supervisor hangs on our IPC channel: whatever interrupts us
 * ends it, and it ends its services.
 */
export async function launch(
  home: Home,
  plan: Plan,
  options: LaunchOptions,
): Promise<{ readonly ended: Promise<void> }> {
  writePlan(home, plan);
  const log = openSync(logFile(home, 'supervisor'), 'a', 0o600);
  const child = spawn(
    process.execPath,
    [options.entry ?? compiled('infra/services/supervisor-main.js'), '--home', home.root],
    { cwd: home.root, detached: true, stdio: ['ignore', log, log, 'ipc'] },
  );
  closeSync(log);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => {
      resolve();
    });
    child.once('error', () => {
      resolve();
    });
  });
  try {
    await waitForSupervisor(home, child);
    await waitUntilReady(home, options.onProgress);
  } catch (error) {
    await giveUp(home, child);
    throw error;
  }
  if (options.stay) await letGo(child);
  return { ended };
}

/** Waits until every service of a living supervisor is ready; says who is, as it comes. */
export async function waitUntilReady(home: Home, onProgress: (line: string) => void): Promise<void> {
  const begun = Date.now();
  const told = new Set<string>();
  for (;;) {
    const state = livingSupervisor(home);
    if (state === null) {
      throw new InfrastructureFailure(
        `the services of ${home.root} were stopped while they started. ${logTail(home, 'supervisor')}`,
      );
    }
    for (const { role, pid, state: now } of state.services) {
      if (now !== 'running' || told.has(role)) continue;
      told.add(role);
      onProgress(`${role} is ready (process ${pid ?? '?'}, ${((Date.now() - begun) / 1000).toFixed(1)} s)`);
    }
    if (state.services.every((service) => service.state === 'running')) return;
    const hopeless = state.services.find(({ failures }) => failures >= HOPELESS_FAILURES);
    if (hopeless !== undefined) throw dies(home, hopeless);
    if (Date.now() - begun > READY_WITHIN_MS) throw tooSlow(home, state);
    await sleep(50);
  }
}

async function waitForSupervisor(home: Home, child: ChildProcess): Promise<void> {
  const pid = child.pid;
  const self = pid === undefined ? null : identify(pid);
  const deadline = Date.now() + READY_WITHIN_MS;
  while (self !== null && isAlive(self) && Date.now() < deadline) {
    if (readState(home)?.pid === pid) return;
    await sleep(20);
  }
  throw new InfrastructureFailure(`the supervisor ended at its start. ${logTail(home, 'supervisor')}`);
}

async function giveUp(home: Home, child: ChildProcess): Promise<void> {
  const self = child.pid === undefined ? null : identify(child.pid);
  if (self !== null) await stopProcesses([self], 45_000);
  await stopLeftovers(home);
}

function letGo(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.send(STAY, (error) => {
      if (error !== null) {
        reject(new InfrastructureFailure('the supervisor went away as soon as it stood', { cause: error }));
        return;
      }
      child.disconnect();
      child.unref();
      resolve();
    });
  });
}

function dies(home: Home, { role, lastEnd, failures }: ServiceRecord): InfrastructureFailure {
  return new InfrastructureFailure(
    `${role} ended ${failures} times at its start (last: ${lastEnd ?? 'unknown'}). ${logTail(home, role)}`,
  );
}

function tooSlow(home: Home, state: SupervisorState): InfrastructureFailure {
  const waiting = state.services.filter((service) => service.state !== 'running');
  const first = waiting.find((service) => service.state !== 'waiting') ?? waiting[0];
  return new InfrastructureFailure(
    `not ready after ${READY_WITHIN_MS / 1000} s: ${waiting.map((service) => `${service.role} (${service.state})`).join(', ')}. ` +
      logTail(home, first?.role ?? 'supervisor'),
  );
}

function logTail(home: Home, role: string): string {
  const file = logFile(home, role);
  const lines = lastLines(file, 5);
  if (lines.length === 0) return `Its log is empty: ${file}`;
  return `The last lines of ${file}:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}
