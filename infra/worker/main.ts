import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { classify } from '../../domain/failures.js';
import { openHome } from '../home/home.js';
import { connectionInfo } from '../services/connection.js';
import { WORKER_READY } from '../services/probe.js';
import { wire, type Wired } from './activities.js';
import { activityInterceptors } from './interceptors.js';
import { logger } from './log.js';
import { CAPACITY, roleFrom, type Role } from './roles.js';
import { bundleWorkflows, prebuiltBundle } from './workflow-bundle.js';

/** The supervisor gives 20 s after SIGTERM: what can be finished is, the rest is handed to the next worker. */
const GRACE = { shutdownGraceTime: '5s', shutdownForceTime: '12s' } as const;

async function main(): Promise<void> {
  const role = roleFrom(process.argv);
  const home = openHome();
  const connection = connectionInfo(home);
  Runtime.install({ logger, shutdownSignals: [] });
  const stopping = new AbortController();
  const stop = (why: string) => (): void => {
    if (stopping.signal.aborted) return;
    logger.info(`${role}: stopping (${why})`);
    stopping.abort();
  };
  process.on('SIGTERM', stop('SIGTERM'));
  process.on('SIGINT', stop('SIGINT'));
  // The supervisor is gone: nobody would stop us any more.
  process.on('disconnect', stop('the supervisor went away'));

  const temporal = await connected(connection.temporalAddress, stopping.signal);
  if (temporal === null) return;
  try {
    const wired = await wire(role, home, connection);
    try {
      await work(role, temporal, wired, stopping.signal);
    } finally {
      await wired.close();
    }
  } finally {
    await temporal.close();
  }
}

async function work(
  role: Role,
  connection: NativeConnection,
  { activities }: Wired,
  stopping: AbortSignal,
): Promise<void> {
  const worker = await Worker.create({
    connection,
    taskQueue: role,
    identity: `${role} ${process.pid}@${hostname()}`,
    activities,
    ...(role === 'curriculum' ? { workflowBundle: await workflowBundle() } : {}),
    interceptors: { activity: [activityInterceptors] },
    maxHeartbeatThrottleInterval: '3s',
    ...CAPACITY[role],
    ...GRACE,
  });
  const shutDown = (): void => {
    if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  stopping.addEventListener('abort', shutDown);
  const running = worker.run();
  if (stopping.aborted) shutDown();
  logger.info(`${role}: working (process ${process.pid})`);
  process.send?.(WORKER_READY);
  await running;
  logger.info(`${role}: stopped`);
}

async function workflowBundle(): Promise<{ codePath: string } | { code: string }> {
  const prebuilt = prebuiltBundle();
  if (prebuilt !== null) return prebuilt;
  logger.info('curriculum: no bundle of workflows for this SDK: making one');
  return { code: await bundleWorkflows(logger) };
}

/** Tries until the server answers or we are to stop (then null). */
async function connected(address: string, stopping: AbortSignal): Promise<NativeConnection | null> {
  for (let attempt = 1; !stopping.aborted; attempt++) {
    try {
      return await NativeConnection.connect({ address });
    } catch (error) {
      if (attempt === 1 || attempt % 10 === 0)
        logger.warn(`Temporal at ${address} does not answer yet (attempt ${attempt})`, { error });
      await sleep(Math.min(250 * attempt, 3_000), undefined, { signal: stopping }).catch(() => undefined);
    }
  }
  return null;
}

try {
  await main();
  process.exit(0);
} catch (error) {
  logger.error(`worker ended (${classify(error)} failure)`, { error });
  process.exit(1);
}
