import type { Probe } from './probe.js';

/** One process that the supervisor keeps alive. Plain JSON: it travels to the supervisor in a file. */
export interface ServiceSpec {
  /** `temporal`, `minio` or a worker's role; also the name of its log. */
  readonly role: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the supervisor's own environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Roles that must be ready before this one starts, and that outlive it when all is stopped. */
  readonly after: readonly string[];
  readonly ready: Probe;
  /** Node children hold an IPC channel to the supervisor: by its closing they learn of its death. */
  readonly ipc: boolean;
}

/** What the supervisor runs, written by `up` before it starts it. Holds credentials: mode 0600. */
export interface Plan {
  readonly home: string;
  readonly services: readonly ServiceSpec[];
  /** To bring a fresh Temporal and MinIO into shape before the workers start; null for plans without them. */
  readonly prepare: { readonly temporalAddress: string } | null;
}

/**
 * `starting`: the process runs, but does not answer yet. `running`: it answers. `restarting`: it died and waits
 * for its next start. `waiting`: what it needs is not ready. `stopped`: by request.
 */
export type ServiceState = 'waiting' | 'starting' | 'running' | 'restarting' | 'stopped';

/** A service as the supervisor sees it. */
export interface ServiceRecord {
  readonly role: string;
  readonly pid: number | null;
  /** Start time of that pid, as in `ProcessIdentity`. */
  readonly started: string | null;
  readonly state: ServiceState;
  /** Times it was started again since the supervisor began. */
  readonly restarts: number;
  /** Deaths in a row without a minute of life between; 0 once it has lived. */
  readonly failures: number;
  /** Why it ended last, such as `exit code 1` or `signal SIGKILL`. */
  readonly lastEnd: string | null;
}
