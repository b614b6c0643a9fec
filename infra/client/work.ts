import { WorkflowNotFoundError, type WorkflowExecutionDescription } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import { optionalTsToMs } from '@temporalio/common/lib/time.js';
import { bounded, type Session } from './session.js';

/** An activity of a run that is not done yet. */
export interface Work {
  /** Its name in the Temporal UI. */
  readonly activity: string;
  /** From 1. Above 1, the attempt before ended with `failure`, and the activity is tried until it succeeds. */
  readonly attempt: number;
  readonly failure: string | null;
  /** When this attempt began, milliseconds since 1970; null while it waits for a worker. */
  readonly startedAtMs: number | null;
  /** How far it is, by its last heartbeat; null before the first. */
  readonly progress: Progress | null;
  /** Calls of a model's server that came to nothing within this attempt and those before, and why the last did. */
  readonly retried: { readonly calls: number; readonly why: string } | null;
}

export interface Progress {
  readonly doing: string;
  readonly done: number;
  readonly total: number;
}

/** What a run and its children are at: one entry for each activity that the server has on its list. */
export async function workOf(
  session: Session,
  described: WorkflowExecutionDescription,
): Promise<readonly Work[]> {
  const ids = (described.raw.pendingChildren ?? []).flatMap(({ workflowId }) => workflowId ?? []);
  const children = await Promise.all(ids.map((id) => describe(session, id)));
  return [described, ...children].flatMap((one) => one?.raw.pendingActivities ?? []).map(workFrom);
}

/** Null where it ended between two calls. */
async function describe(session: Session, id: string): Promise<WorkflowExecutionDescription | null> {
  try {
    return await bounded(session, () => session.temporal.workflow.getHandle(id).describe());
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

type Pending = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

/** @internal exported for its tests */
export function workFrom(pending: Pending): Work {
  const { activityType, attempt, lastFailure, lastStartedTime, heartbeatDetails } = pending;
  const [payload] = heartbeatDetails?.payloads ?? [];
  const details: unknown = payload ? defaultPayloadConverter.fromPayload(payload) : null;
  return {
    activity: activityType?.name ?? '',
    attempt: attempt ?? 1,
    failure: lastFailure?.message ?? null,
    startedAtMs: optionalTsToMs(lastStartedTime) ?? null,
    progress: progressFrom(details),
    retried: retriedFrom(details),
  };
}

/** Heartbeats are told to whoever asks, and not all of them count something. */
function progressFrom(details: unknown): Progress | null {
  if (typeof details !== 'object' || details === null) return null;
  const { doing, done, total } = details as Partial<Record<keyof Progress, unknown>>;
  return typeof doing === 'string' && typeof done === 'number' && typeof total === 'number'
    ? { doing, done, total }
    : null;
}

/** What `speak` says while it calls (activities/conversation/speak.ts). */
function retriedFrom(details: unknown): Work['retried'] {
  if (typeof details !== 'object' || details === null) return null;
  const { wasted, why } = details as { readonly wasted?: unknown; readonly why?: unknown };
  return Array.isArray(wasted) && wasted.length > 0 && typeof why === 'string'
    ? { calls: wasted.length, why }
    : null;
}
