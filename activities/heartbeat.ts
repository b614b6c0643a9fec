import { activityInfo, Context, heartbeat as beat } from '@temporalio/activity';

/** Heartbeats when inside an activity; nothing outside (the same functions run in tests and by hand). */
export function heartbeat(details: unknown): void {
  if (inActivity()) beat(details);
}

/** The signal that a cancelled activity aborts; undefined outside an activity. */
export function cancellationSignal(): AbortSignal | undefined {
  return inActivity() ? Context.current().cancellationSignal : undefined;
}

/** What the attempt before this one said last in its heartbeats; null at the first attempt, and outside an activity. */
export function resumePoint(): unknown {
  return inActivity() ? (activityInfo().heartbeatDetails ?? null) : null;
}

/** Lets heartbeats, and with them cancellation, through between two stretches of work. */
export async function breathe(): Promise<void> {
  cancellationSignal()?.throwIfAborted();
  await new Promise((resolve) => setImmediate(resolve));
}

function inActivity(): boolean {
  try {
    activityInfo();
    return true;
  } catch {
    return false;
  }
}
