import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** One process, not just its number: systems reuse numbers, so its start time goes with it. */
export interface ProcessIdentity {
  readonly pid: number;
  /** As the system tells it: clock ticks since boot on Linux, `ps`' lstart elsewhere. Only ever compared. */
  readonly started: string;
}

/** Environment variable that marks everything that belongs to a home, children of children included. */
export const HOME_MARK = 'RUMINATE_SERVICE_OF';
/** Environment variable that says which service a marked process is, or was started by. */
export const ROLE_MARK = 'RUMINATE_SERVICE';

const HAS_PROC = existsSync('/proc/self/stat');

/** Who runs under that number now; null for nobody, and for a zombie that only waits to be collected. */
export function identify(pid: number): ProcessIdentity | null {
  const started = HAS_PROC ? startedByProc(pid) : startedByPs(pid);
  return started === null ? null : { pid, started };
}

export function isAlive(process: ProcessIdentity): boolean {
  return identify(process.pid)?.started === process.started;
}

/** A process that carries a home's mark. */
export interface MarkedProcess extends ProcessIdentity {
  readonly role: string;
}

/** Everything that runs with a home's mark in its environment, by Linux' /proc; empty elsewhere. Never this process itself. */
export function markedProcesses(homeRoot: string): readonly MarkedProcess[] {
  if (!HAS_PROC) return [];
  const found: MarkedProcess[] = [];
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const environment = environmentOf(pid);
    if (!environment.includes(`${HOME_MARK}=${homeRoot}`)) continue;
    const identity = identify(pid);
    const role = environment.find((entry) => entry.startsWith(`${ROLE_MARK}=`))?.slice(ROLE_MARK.length + 1);
    if (identity !== null) found.push({ ...identity, role: role ?? 'unknown' });
  }
  return found;
}

/** Asks with SIGTERM, insists with SIGKILL after the grace. Resolves once nothing of them runs; throws if something survives even that. */
export async function stopProcesses(targets: readonly ProcessIdentity[], graceMs: number): Promise<void> {
  signalAll(targets, 'SIGTERM');
  if (await allGone(targets, graceMs)) return;
  signalAll(targets, 'SIGKILL');
  if (await allGone(targets, 5_000)) return;
  const left = targets.filter(isAlive).map((target) => target.pid);
  throw new Error(`could not stop process ${left.join(', ')}: still there 5 s after SIGKILL`);
}

/** Signals a process or, with a negative number, its group; false when there is nobody to signal. */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

function signalAll(targets: readonly ProcessIdentity[], name: NodeJS.Signals): void {
  for (const target of targets) if (isAlive(target)) signal(target.pid, name);
}

async function allGone(targets: readonly ProcessIdentity[], timeoutMs: number): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (targets.some(isAlive)) {
    if (Date.now() >= deadline) return false;
    await sleep(25);
  }
  return true;
}

/** Fields of /proc/PID/stat after the parenthesised name: [0] is the state, [19] the start time. */
function startedByProc(pid: number): string | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return null;
  }
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  return state === 'Z' || state === 'X' ? null : (fields[19] ?? null);
}

function startedByPs(pid: number): string | null {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return line === '' || line.startsWith('Z') ? null : line.replace(/^\S+\s+/, '');
  } catch {
    // `ps` exits with 1 where there is no such process.
    return null;
  }
}

/** A process of another user, or one that has just ended, shows us nothing. */
function environmentOf(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}
