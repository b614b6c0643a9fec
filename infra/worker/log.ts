import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger, type LogEntry } from '@temporalio/worker';

/** One line an event: time, level, message and what explains it. */
export const logger = new DefaultLogger('INFO', ({ level, message, timestampNanos, meta }: LogEntry) => {
  if (NOISE.test(message)) return;
  const time = new Date(Number(timestampNanos / 1_000_000n)).toISOString();
  const { error, activityType, workflowId, attempt } = (meta ?? {}) as Meta;
  const about = [activityType, workflowId, attempt === undefined ? undefined : `attempt ${attempt}`]
    .filter((part) => part !== undefined)
    .join(', ');
  process.stderr.write(
    `${time} ${level.padEnd(5)} ${message}${about === '' ? '' : ` (${about})`}${told(error)}\n`,
  );
});

interface Meta {
  readonly error?: unknown;
  readonly activityType?: string;
  readonly workflowId?: string;
  readonly attempt?: number;
}

/** What a worker says of itself that nobody needs: each has one duty, and we say when it begins and ends. */
const NOISE = /^(Worker state changed|No (workflows|activities|Nexus services) registered)/;

/** The message of an error and of what caused it; the stack, where it is not one of ours to be read by people. */
function told(error: unknown): string {
  if (!(error instanceof Error)) return error === undefined ? '' : `: ${JSON.stringify(error)}`;
  // Activities hand ours to Temporal under their names; it puts the hint on a line of its own.
  const name = error instanceof ApplicationFailure ? (error.type ?? error.name) : error.name;
  const ours = [
    'UserError',
    'BudgetFailure',
    'MemoryFailure',
    'DataFailure',
    'InfrastructureFailure',
    'TemporalFailure',
  ].includes(name);
  const cause = error.cause === undefined ? '' : ` ← ${told(error.cause).slice(2)}`;
  const shown = ours
    ? `${name}: ${error.message.replaceAll('\n', '; ')}`
    : error.stack || `${error.name}: ${error.message}`;
  return `: ${shown}${cause}`;
}
