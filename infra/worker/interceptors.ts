import type { Context } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { ActivityInterceptors } from '@temporalio/worker';
import { classify, MemoryFailure, UserError } from '../../domain/failures.js';

/** How often a running activity says that it is alive; its timeout is 20 s. */
const BEAT_MS = 3_000;

/** What holds for every activity: it heartbeats while it runs, and its failures are classified once. */
export function activityInterceptors(context: Context): ActivityInterceptors {
  return {
    inbound: {
      async execute(input, next) {
        const stop = keepBeating(context);
        try {
          return await next(input);
        } catch (error) {
          throw classified(error, context);
        } finally {
          stop();
        }
      },
    },
  };
}

/** Repeats the activity's last details, so that its own say of where it is stays visible. */
function keepBeating(context: Context): () => void {
  let details: unknown;
  const beat = context.heartbeat;
  Object.assign(context, {
    heartbeat: (given: unknown) => {
      details = given;
      beat(given);
    },
  });
  const timer = setInterval(() => {
    beat(details);
  }, BEAT_MS);
  return () => {
    clearInterval(timer);
  };
}

/** A programming error is not tried again: it would only fail again, and hide what is wrong. */
function classified(error: unknown, context: Context): unknown {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  // What an aborted read or a stopped graph throws is the cancellation itself, by another name.
  if (context.cancellationSignal.aborted) return new CancelledFailure('cancelled', [], asError(error));
  if ((error instanceof UserError || error instanceof MemoryFailure) && error.hint !== undefined)
    return ApplicationFailure.nonRetryable(`${error.message}\n${error.hint}`, error.name);
  const kind = classify(error);
  if (kind !== 'bug' && kind !== 'policy') return error;
  const { message, stack } = asError(error);
  const failure = ApplicationFailure.nonRetryable(message, 'BugFailure');
  if (stack !== undefined) failure.stack = stack;
  return failure;
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
