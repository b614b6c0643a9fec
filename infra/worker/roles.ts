import type { WorkerOptions } from '@temporalio/worker';
import { TASK_QUEUES } from '../../activities/contract.js';
import { UserError } from '../../domain/failures.js';

/** A worker process serves one task queue, and is named as the queue. */
export type Role = (typeof TASK_QUEUES)[keyof typeof TASK_QUEUES];

export const ROLES: readonly Role[] = Object.values(TASK_QUEUES);

/** How much each role does at a time. */
export const CAPACITY: Readonly<Record<Role, Partial<WorkerOptions>>> = {
  // Workflows, and calls that wait for a model's server: each endpoint has its own limit beside this one. A lost
  // worker's sticky queue is given up soon, so that another goes on.
  curriculum: {
    maxCachedWorkflows: 100,
    stickyQueueScheduleToStartTimeout: '3s',
    maxConcurrentActivityTaskExecutions: 128,
  },
  cpu: { maxConcurrentActivityTaskExecutions: 2 },
  // Shards whose turns share the sampler's batches, and read and store while others are drawn. What computes has the
  // device to itself all the same: a graph's run holds the thread.
  'gpu-rollout': { maxConcurrentActivityTaskExecutions: 4 },
  // One device, one activity: what runs has all of it.
  'gpu-train': { maxConcurrentActivityTaskExecutions: 1 },
};

export function roleFrom(argv: readonly string[]): Role {
  const at = argv.indexOf('--role');
  const given = at < 0 ? undefined : argv[at + 1];
  const role = ROLES.find((known) => known === given);
  if (role !== undefined) return role;
  throw new UserError(
    `expected --role ${ROLES.join(' | ')}, got ${given ?? 'nothing'}`,
    'workers are started by: ruminate up',
  );
}
