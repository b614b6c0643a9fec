import { openSync, writeSync } from 'node:fs';

import { homeAt, logFile } from '../home/home.js';
import { readSettings } from '../home/settings.js';
import { LOG_LIMIT_BYTES, rotateLog } from './logs.js';
import { identify } from './processes.js';
import type { Plan, ServiceRecord } from './spec.js';
import { readPlan, STAY, writeState } from './state.js';
import { Supervisor } from './supervisor.js';

/**
 * The process that owns the services of one home: `node supervisor-main.js --home FOLDER`, started by `up` with
 * an IPC channel. Until `up` says `stay`, the end of that channel ends everything: a start that is
 * interrupted leaves nothing behind, and services in the foreground go with their terminal.
 */
function main(): void {
  const folder = process.argv[process.argv.indexOf('--home') + 1];
  if (folder === undefined || !process.argv.includes('--home'))
    throw new Error('expected --home FOLDER, and nothing else');
  const home = homeAt(folder);
  const plan = readPlan(home);
  const self = identify(process.pid);
  if (plan === null || self === null)
    throw new Error(`no plan of services in ${home.runFolder}: use ruminate up`);
  const since = new Date().toISOString();
  const ownLog = logFile(home, 'supervisor');
  const log = openSync(ownLog, 'a', 0o600);
  const say = (line: string): void => {
    try {
      writeSync(log, `${new Date().toISOString()} ${line}\n`);
    } catch {
      // A full disk: there is nowhere to say it, and the services must not end for want of a log.
    }
  };
  let written = false;
  const record = (services: readonly ServiceRecord[]): void => {
    try {
      writeState(home, { ...self, since, services });
      written = true;
    } catch (error) {
      // A full disk must not take the services down: they go on, and the state is written when there is room.
      written = false;
      say(`could not write the state of the services: ${String(error)}`);
    }
  };

  const supervisor = new Supervisor(plan.services, {
    home: home.root,
    prepare: (role) => prepare(role, plan, home.root),
    onChange: record,
    onEvent: say,
  });
  let stopping = false;
  const stop = (why: string): void => {
    if (stopping) return;
    stopping = true;
    say(`stopping: ${why}`);
    void supervisor.stop().then(
      () => {
        say('all services stopped');
        process.exit(0);
      },
      (error: unknown) => {
        say(`could not stop: ${String(error)}`);
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => {
    stop('SIGTERM');
  });
  process.on('SIGINT', () => {
    stop('SIGINT');
  });
  process.on('SIGHUP', () => {
    say('SIGHUP: the terminal is gone; the services stay');
  });

  let stay = process.send === undefined;
  process.on('message', (message) => {
    if (message === STAY) stay = true;
  });
  process.on('disconnect', () => {
    if (!stay) stop('whoever started the services went away');
  });

  setInterval(() => {
    if (!written) record(supervisor.records);
    for (const file of [ownLog, ...plan.services.map((service) => service.logFile)]) {
      try {
        rotateLog(file, LOG_LIMIT_BYTES);
      } catch (error) {
        say(`could not set ${file} aside: ${String(error)}`);
      }
    }
  }, 10_000);
  say(`supervisor ${process.pid} starts ${plan.services.map((service) => service.role).join(', ')}`);
  record(supervisor.records);
  supervisor.start();
}

async function prepare(role: string, plan: Plan, folder: string): Promise<void> {
  const settings = readSettings(homeAt(folder));
  if (plan.prepare === null || settings === null) return;
  // Loaded only here: the supervisor of a plan without servers stays small.
  if (role === 'temporal') {
    const { prepareTemporal } = await import('./prepare-temporal.js');
    await prepareTemporal(plan.prepare.temporalAddress);
  }
  if (role === 'minio') {
    const { prepareMinio } = await import('./prepare-minio.js');
    await prepareMinio(settings);
  }
}

main();
