import { defaultPayloadConverter } from '@temporalio/common';
import { tsToMs } from '@temporalio/common/lib/time.js';
import type { WorkflowHandle } from '@temporalio/client';
import type { At } from '../../activities/contract.js';
import { BugFailure } from '../../domain/failures.js';
import type { Activity, Work } from './attribution.js';

/** An activity of a stage, from the history that Temporal keeps. */
export interface RecordedActivity extends Activity {
  readonly type: string;
  readonly scheduledMs: number;
  /** Of its output's key; null where its input has none. Training activities differ in it by the steps between. */
  readonly step: number | null;
}

export interface StageHistory {
  readonly startedMs: number;
  /** In the order of their ends. */
  readonly activities: readonly RecordedActivity[];
}

/** All activities that a stage's workflow has completed. */
export async function stageHistory(handle: WorkflowHandle): Promise<StageHistory> {
  const { events } = await handle.fetchHistory();
  const scheduled = new Map<string, Pick<RecordedActivity, 'type' | 'scheduledMs' | 'step'>>();
  const startedMs = new Map<string, number>();
  const activities: RecordedActivity[] = [];
  for (const event of events ?? []) {
    const atMs = tsToMs(event.eventTime);
    const { activityTaskScheduledEventAttributes: begin, activityTaskStartedEventAttributes: start } = event;
    const { activityTaskCompletedEventAttributes: end } = event;
    if (begin)
      scheduled.set(String(event.eventId), {
        type: begin.activityType?.name ?? 'unknown',
        scheduledMs: atMs,
        step: stepOf(begin.input?.payloads?.[0]),
      });
    if (start) startedMs.set(String(start.scheduledEventId), atMs);
    if (!end) continue;
    const id = String(end.scheduledEventId);
    const known = scheduled.get(id);
    if (known === undefined) throw new BugFailure(`the history ends activity ${id}, which it never began`);
    const timeMs = timesOf(end.result?.payloads?.[0]);
    const begunMs = startedMs.get(id) ?? known.scheduledMs;
    activities.push({ ...known, startedMs: begunMs, endedMs: atMs, did: workOf(known.type, timeMs) });
  }
  return { startedMs: tsToMs(events?.[0]?.eventTime), activities };
}

type Payload = Parameters<typeof defaultPayloadConverter.fromPayload>[0];

function stepOf(payload: Payload | undefined): number | null {
  if (payload === undefined) return null;
  return defaultPayloadConverter.fromPayload<{ readonly at?: At } | null>(payload)?.at?.step ?? null;
}

function timesOf(payload: Payload | undefined): Readonly<Record<string, number>> {
  if (payload === undefined) return {};
  const result = defaultPayloadConverter.fromPayload<{ readonly timeMs?: Record<string, number> } | null>(
    payload,
  );
  return result?.timeMs ?? {};
}

/** What an activity's stopwatch calls a stretch, and what that is to us. */
const WORK: Readonly<Record<string, Work>> = {
  loading: 'storage',
  storing: 'storage',
  sampling: 'sampling',
  looking: 'tools',
  embedding: 'scoring',
  scoring: 'scoring',
  training: 'training',
};

/** Activities without a stopwatch count as orchestration: choosing questions, keeping the metrics. */
function workOf(type: string, timeMs: Readonly<Record<string, number>>): Activity['did'] {
  return Object.entries(timeMs).map(([name, ms]) => {
    const part = WORK[name];
    if (part === undefined)
      throw new BugFailure(`${type} spends time on "${name}", which the bench does not know`);
    return { part, ms };
  });
}
