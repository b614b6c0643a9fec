import type { Home } from '../home/home.js';
import { answers } from './probe.js';
import { isAlive, markedProcesses } from './processes.js';
import type { ServiceState } from './spec.js';
import { readPlan, readState, type SupervisorState } from './state.js';

export interface ServiceStatus {
  readonly role: string;
  readonly pid: number | null;
  /**
   * The supervisor's word, checked from outside: `unresponsive` is a process that runs but does not answer;
   * `orphaned` one that outlived its supervisor (the next `up` or `down` ends it).
   */
  readonly state: ServiceState | 'unresponsive' | 'orphaned';
}

export interface Status {
  /** Supervisor first where one runs. Empty before the first start. */
  readonly services: readonly ServiceStatus[];
}

/** What runs in a home, as it is now: processes are looked at and servers asked. Takes at most about a second. */
export async function status(home: Home): Promise<Status> {
  const state = readState(home);
  if (state === null) return { services: [] };
  return { services: isAlive(state) ? await supervised(home, state) : abandoned(home, state) };
}

/** The supervisor of a home, if it is alive. */
export function livingSupervisor(home: Home): SupervisorState | null {
  const state = readState(home);
  return state !== null && isAlive(state) ? state : null;
}

async function supervised(home: Home, state: SupervisorState): Promise<readonly ServiceStatus[]> {
  const plan = readPlan(home);
  const services = state.services.map(async ({ role, pid, started, state: said }): Promise<ServiceStatus> => {
    if (said !== 'running' || pid === null || started === null) return { role, pid, state: said };
    // The supervisor learns of a death a moment after it happened.
    if (!isAlive({ pid, started })) return { role, pid: null, state: 'restarting' };
    const probe = plan?.services.find((spec) => spec.role === role)?.ready;
    const healthy = probe === undefined || (await answers(probe));
    return { role, pid, state: healthy ? 'running' : 'unresponsive' };
  });
  return [{ role: 'supervisor', pid: state.pid, state: 'running' }, ...(await Promise.all(services))];
}

function abandoned(home: Home, state: SupervisorState): readonly ServiceStatus[] {
  const marked = markedProcesses(home.root);
  return state.services.map(({ role, pid, started }) => {
    const known = pid !== null && started !== null && isAlive({ pid, started }) ? pid : null;
    const left = known ?? marked.find((process) => process.role === role)?.pid ?? null;
    return { role, pid: left, state: left === null ? 'stopped' : 'orphaned' };
  });
}
