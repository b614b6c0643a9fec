import { type Home, homeFailure } from '../home/home.js';
import { newSettings, readSettings, type Settings, writeSettings } from '../home/settings.js';
import { resolveBinary } from '../setup/binaries.js';
import { checkDisk, checkPorts, diskSpace } from './checks.js';
import { type ConnectionInfo, connectionOf } from './connection.js';
import { down, stopLeftovers } from './down.js';
import { launch, waitUntilReady } from './launch.js';
import { withStartLock } from './lock.js';
import { minioService } from './minio.js';
import { choosePorts } from './ports.js';
import type { Plan } from './spec.js';
import { livingSupervisor, type ServiceStatus, status } from './status.js';
import type { SupervisorState } from './state.js';
import { temporalService } from './temporal.js';
import { WORKER_ROLES, type WorkerRole, workerService } from './workers.js';

export interface UpOptions {
  readonly home: Home;
  /** One line at a time, for people. */
  readonly onProgress?: (line: string) => void;
  /** Tie the services to this process: they stop when it ends, however it ends. Default false. */
  readonly foreground?: boolean;
  /** Which workers run; default all. */
  readonly workers?: readonly WorkerRole[];
  /** Choose other ports than the remembered ones. Only while nothing runs. */
  readonly newPorts?: boolean;
}

export interface UpResult {
  /** True when everything stood already, and nothing was done. */
  readonly already: boolean;
  readonly connection: ConnectionInfo;
  readonly services: readonly ServiceStatus[];
  /** Foreground only: resolves when the services have stopped, by whatever cause. Null otherwise. */
  readonly ended: Promise<void> | null;
}

/**
 * Starts Temporal, MinIO and the workers of a home, and returns when they answer. Does nothing where they run.
 * Either everything stands afterwards, or nothing was left behind and the error says why.
 */
export async function up(options: UpOptions): Promise<UpResult> {
  const say = options.onProgress ?? (() => undefined);
  const running = await alreadyUp(options);
  if (running !== null) return running;
  const { home } = options;
  checkDisk(home, await diskSpace(home.root));
  try {
    return await withStartLock(
      home,
      say,
      async () => (await alreadyUp(options)) ?? (await start(options, say)),
    );
  } catch (error) {
    throw homeFailure(error, home.root);
  }
}

async function alreadyUp(options: UpOptions): Promise<UpResult | null> {
  const { home } = options;
  const supervisor = livingSupervisor(home);
  const settings = readSettings(home);
  if (supervisor === null || settings === null || !sameRoles(supervisor, options)) return null;
  const { services } = await status(home);
  if (services.some(({ state }) => state !== 'running')) return null;
  return { already: true, connection: connectionOf(settings), services, ended: null };
}

async function start(options: UpOptions, say: (line: string) => void): Promise<UpResult> {
  const { home } = options;
  const supervisor = livingSupervisor(home);
  if (supervisor !== null && sameRoles(supervisor, options)) {
    say('services are starting or recovering: waiting for them …');
    await waitUntilReady(home, say);
    return done(home, false, null);
  }
  if (supervisor !== null) {
    say('other services than the ones asked for are running: starting them anew …');
    await down({ home, onProgress: say });
  }
  for (const { role, pid } of await stopLeftovers(home)) {
    say(`stopped ${role} (process ${pid}), left by a supervisor that was killed`);
  }
  const settings = await settingsFor(home, options.newPorts ?? false, say);
  await checkPorts(home, settings.ports);
  const { ended } = await launch(home, await plan(options, settings, say), {
    stay: options.foreground !== true,
    onProgress: say,
  });
  return done(home, false, options.foreground === true ? ended : null);
}

async function done(home: Home, already: boolean, ended: Promise<void> | null): Promise<UpResult> {
  const settings = readSettings(home);
  if (settings === null) throw new Error(`${home.settingsFile} vanished while the services started`);
  return { already, connection: connectionOf(settings), services: (await status(home)).services, ended };
}

async function settingsFor(home: Home, newPorts: boolean, say: (line: string) => void): Promise<Settings> {
  const known = readSettings(home);
  if (known !== null && !newPorts) return known;
  const ports = await choosePorts(home.root, known === null ? [] : Object.values(known.ports));
  const settings = known === null ? newSettings(ports) : { ...known, ports };
  writeSettings(home, settings);
  say(`ports ${Object.values(ports).join(', ')} chosen, remembered in ${home.settingsFile}`);
  return settings;
}

async function plan(options: UpOptions, settings: Settings, say: (line: string) => void): Promise<Plan> {
  const { home } = options;
  const temporal = await resolveBinary('temporal', { onProgress: say });
  const minio = await resolveBinary('minio', { onProgress: say });
  const workers = options.workers ?? WORKER_ROLES;
  return {
    home: home.root,
    services: [
      temporalService(home, settings.ports, temporal),
      minioService(home, settings, minio.path),
      ...workers.map((role) => workerService(home, role)),
    ],
    prepare: { temporalAddress: connectionOf(settings).temporalAddress },
  };
}

function sameRoles(supervisor: SupervisorState, options: UpOptions): boolean {
  const wanted = ['temporal', 'minio', ...(options.workers ?? WORKER_ROLES)];
  const there = supervisor.services.map(({ role }) => role);
  return wanted.length === there.length && wanted.every((role) => there.includes(role));
}
