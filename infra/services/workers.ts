import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { UserError } from '../../domain/failures.js';
import type { Home } from '../home/home.js';
import { logFile } from '../home/home.js';
import { projectRoot } from '../setup/paths.js';
import { allocatorEnvironment } from './allocator.js';
import type { ServiceSpec } from './spec.js';

/** One worker process each, named as its task queue. */
export const WORKER_ROLES = ['curriculum', 'cpu', 'gpu-rollout', 'gpu-train'] as const;
export type WorkerRole = (typeof WORKER_ROLES)[number];

/** A compiled file of this project: processes are started from `dist/`, whether we run from there or from the sources. */
export function compiled(path: string): string {
  const file = join(projectRoot(), 'dist', path);
  if (existsSync(file)) return file;
  throw new UserError(`${file} is missing: Ruminate has not been built here`, 'Type: npm run build');
}

export function workerService(home: Home, role: WorkerRole): ServiceSpec {
  return {
    role,
    command: process.execPath,
    args: [
      ...['--import', compiled('infra/services/leash.js')],
      ...[compiled('infra/worker/main.js'), '--role', role],
    ],
    // Only where the engine computes: a single heap would make the threads of a video decoder wait for each other.
    env: { ...(role.startsWith('gpu-') ? allocatorEnvironment() : {}), RUMINATE_HOME: home.root },
    logFile: logFile(home, role),
    after: ['temporal', 'minio'],
    ready: { type: 'message' },
    ipc: true,
  };
}
