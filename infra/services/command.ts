import { UserError } from '../../domain/failures.js';
import type { Home } from '../home/home.js';
import { down } from './down.js';
import { status, type ServiceStatus } from './status.js';
import { up } from './up.js';
import type { WorkerRole } from './workers.js';

/** Where a command's lines go: results to `out`, progress to `err`. */
export interface CommandOutput {
  readonly out: (line: string) => void;
  readonly err: (line: string) => void;
}

export interface UpFlags {
  /** Stay until Ctrl-C, then stop everything. */
  readonly foreground?: boolean;
  readonly newPorts?: boolean;
  readonly json?: boolean;
  readonly workers?: readonly WorkerRole[];
}

/** `ruminate up`: resolves once everything answers; with `foreground`, once everything has stopped again. Returns the exit code. */
export async function upCommand(home: Home, flags: UpFlags, output: CommandOutput): Promise<number> {
  const foreground = flags.foreground === true;
  const result = await up({
    home,
    foreground,
    newPorts: flags.newPorts === true,
    ...(flags.workers === undefined ? {} : { workers: flags.workers }),
    onProgress: output.err,
  });
  const { connection, services, already } = result;
  if (flags.json === true) {
    const { temporalAddress, uiUrl } = connection;
    output.out(JSON.stringify({ home: home.root, already, temporalAddress, uiUrl, services }));
  } else {
    output.out(already ? 'Everything is running already.' : 'Everything is running.');
    for (const line of describeServices(services)) output.out(line);
    output.out(`Temporal UI: ${connection.uiUrl}`);
  }
  if (!foreground) return 0;
  if (result.ended === null) {
    throw new UserError(
      `the services of ${home.root} run in the background already, so they cannot be tied to this terminal`,
      'Type: ruminate down. Then start again with --foreground.',
    );
  }
  return untilEnded(home, result.ended, output);
}

/** `ruminate down`: stops all of this home, and says what that was. Returns the exit code. */
export async function downCommand(
  home: Home,
  flags: { readonly json?: boolean },
  output: CommandOutput,
): Promise<number> {
  const stopped = await down({ home, onProgress: output.err });
  if (flags.json === true) output.out(JSON.stringify({ home: home.root, stopped }));
  else if (stopped.length === 0) output.out(`Nothing was running in ${home.root}.`);
  else output.out(`Stopped ${stopped.map(({ role, pid }) => `${role} (${pid})`).join(', ')}.`);
  return 0;
}

/** The services' part of `ruminate status`, one line each. */
export async function servicesStatus(home: Home): Promise<{
  readonly services: readonly ServiceStatus[];
  readonly lines: readonly string[];
}> {
  const { services } = await status(home);
  const nothing = services.every(({ state }) => state === 'stopped');
  return { services, lines: nothing ? NOTHING_RUNS : describeServices(services) };
}

const NOTHING_RUNS = ['No services are running. Type: ruminate up'] as const;

export function describeServices(services: readonly ServiceStatus[]): readonly string[] {
  const width = Math.max(0, ...services.map(({ role }) => role.length));
  return services.map(
    ({ role, pid, state }) =>
      `  ${role.padEnd(width)}  ${state.padEnd('unresponsive'.length)}  ${pid === null ? '' : `process ${pid}`}`,
  );
}

/** Ctrl-C, SIGTERM, or the end of the supervisor: nothing runs when this returns. */
async function untilEnded(home: Home, ended: Promise<void>, { err }: CommandOutput): Promise<number> {
  let asked = false;
  const stop = (): void => {
    if (asked) return;
    asked = true;
    // Whatever goes wrong here, the supervisor stops everything by itself as soon as we are gone.
    void down({ home, onProgress: err }).catch((error: unknown) => {
      err(String(error));
    });
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  try {
    await ended;
  } finally {
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
  if (asked) return 0;
  throw new UserError(
    `the services of ${home.root} were stopped from elsewhere`,
    'Start them again with: ruminate up',
  );
}
