import { ActivityCancellationType, proxyActivities, type ActivityOptions } from '@temporalio/workflow';
import {
  TASK_QUEUES,
  type CpuActivities,
  type RolloutActivities,
  type TrainActivities,
} from '../activities/contract.js';
import type { CurationActivities } from '../activities/curation/contract.js';
import { NON_RETRYABLE } from '../domain/failures.js';

/**
 * Infrastructure failures are tried again for ever; what another attempt cannot mend is not. Workers heartbeat every few
 * seconds for whatever they run, so the heartbeat timeout is how long a killed worker goes unnoticed.
 */
export const COMMON: ActivityOptions = {
  startToCloseTimeout: '6 hours',
  heartbeatTimeout: '20 seconds',
  cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
  retry: {
    initialInterval: '500 milliseconds',
    backoffCoefficient: 2,
    maximumInterval: '10 seconds',
    nonRetryableErrorTypes: [...NON_RETRYABLE],
  },
};

export const cpu = proxyActivities<CpuActivities>({ ...COMMON, taskQueue: TASK_QUEUES.cpu });
export const curation = proxyActivities<CurationActivities>({ ...COMMON, taskQueue: TASK_QUEUES.cpu });
export const rollout = proxyActivities<RolloutActivities>({ ...COMMON, taskQueue: TASK_QUEUES.rollout });
export const train = proxyActivities<TrainActivities>({ ...COMMON, taskQueue: TASK_QUEUES.train });
