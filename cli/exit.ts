import { classify } from '../domain/failures.js';
import { err } from './say.js';

/** What scripts can rely on. */
export const EXIT = {
  ok: 0,
  /** Something failed: a run, a service, a video that cannot be read. */
  failure: 1,
  /** A mistake that the person can mend: a wrong argument, a file that is not there. */
  usage: 2,
  /** A run waits for a person: it is paused, or needs attention. */
  waiting: 3,
  /** Ctrl-C. */
  interrupted: 130,
} as const;

/** Says what went wrong in one message, and gives the exit code. Only our own mistakes show a stack. */
export function explain(error: unknown): number {
  const root = outermost(error);
  const kind = classify(error);
  err(`ruminate: ${root.message}`);
  if (root.hint !== undefined) err(root.hint);
  if (kind === 'bug' && root.stack !== undefined)
    err(`This is a mistake of Ruminate's own, please report it:\n${root.stack}`);
  return kind === 'user' ? EXIT.usage : EXIT.failure;
}

interface Told {
  readonly message: string;
  readonly hint: string | undefined;
  readonly stack: string | undefined;
}

/** The error that says most: what a workflow failed of stands at the end of its chain of causes. */
function outermost(error: unknown): Told {
  let at: unknown = error;
  while (at instanceof Error && WRAPPERS.includes(at.name) && at.cause instanceof Error) at = at.cause;
  if (!(at instanceof Error)) return { message: String(at), hint: undefined, stack: undefined };
  const hint = 'hint' in at && typeof at.hint === 'string' ? at.hint : undefined;
  return { message: at.message, hint, stack: at.stack };
}

const WRAPPERS: readonly string[] = ['WorkflowFailedError', 'ActivityFailure', 'ChildWorkflowFailure'];
