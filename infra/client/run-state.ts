import type { WorkflowExecutionInfo } from '@temporalio/client';
import type { RunState } from '../../workflows/messages.js';

/** Temporal's word counts where it says more than ours: a run that was terminated cannot say so itself. */
export function stateOf(info: Pick<WorkflowExecutionInfo, 'status'>, said: string | undefined): RunState {
  switch (info.status.name) {
    case 'RUNNING':
      return said === 'needs-attention' || said === 'paused' ? said : 'running';
    case 'COMPLETED':
      return 'completed';
    case 'CANCELLED':
      return 'cancelled';
    default:
      return info.status.name === 'PAUSED' ? 'paused' : 'failed';
  }
}

export function hasEnded({ state }: { readonly state: RunState }): boolean {
  return state === 'completed' || state === 'failed' || state === 'cancelled';
}

/** Nothing moves until a person says so. */
export function waitsForPerson({ state }: { readonly state: RunState }): boolean {
  return state === 'paused' || state === 'needs-attention';
}
