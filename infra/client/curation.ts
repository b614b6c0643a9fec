import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { CancelledFailure } from '@temporalio/common';
import type { FinishedCuration } from '../../activities/curation/contract.js';
import { TASK_QUEUES } from '../../activities/contract.js';
import { classify, UserError } from '../../domain/failures.js';
import { curationStatusQuery, type CurateInput, type CurationStatus } from '../../workflows/curate.js';
import type { curate } from '../../workflows/curate.js';
import { bounded, type Session } from './session.js';
import { workOf, type Work } from './work.js';

export type { CurationStatus } from '../../workflows/curate.js';

/** What a curation is at: the workflow's word, and its activities' own. */
export interface CurationView {
  /** Null while nobody answers: it has just begun, or continues as new. */
  readonly status: CurationStatus | null;
  readonly work: readonly Work[];
}

/** A name for whoever gives none: the same for the same folder. */
export function curationName(out: string): string {
  const word = basename(out)
    .replaceAll(/[^A-Za-z0-9._-]/g, '-')
    .slice(0, 40);
  return `curate-${word}-${createHash('sha256').update(out).digest('hex').slice(0, 8)}`;
}

/**
 * Starts a curation, or attaches to the one of that name that goes on. One that has ended, however it did, is started
 * again: what it committed is found by its content.
 */
export async function startCuration(session: Session, input: CurateInput): Promise<'started' | 'attached'> {
  const { name, dir, out } = input;
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name))
    throw new UserError(
      `a curation's name: expected up to 64 letters, digits, dots, dashes and underscores, got "${name}"`,
      'choose another with --name',
    );
  try {
    await bounded(session, () =>
      session.temporal.workflow.start<typeof curate>('curate', {
        taskQueue: TASK_QUEUES.curriculum,
        workflowId: name,
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        memo: { input },
        staticSummary: `curate ${basename(dir)}`,
        staticDetails: `From \`${dir}\` to \`${out}\`.`,
        args: [input],
      }),
    );
    return 'started';
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
  const { type, memo } = await bounded(session, () => session.temporal.workflow.getHandle(name).describe());
  if (type !== 'curate') throw new UserError(`"${name}" is the name of a run`, 'choose another with --name');
  if (!isDeepStrictEqual(memo?.['input'], JSON.parse(JSON.stringify(input))))
    throw new UserError(
      `the curation "${name}" is going on with other folders or settings`,
      `wait for it, stop it with: ruminate data curate … --name ${name} --cancel, or choose another with --name`,
    );
  return 'attached';
}

/** Asks a curation to stop. False where none of that name goes on. */
export async function cancelCuration(session: Session, name: string): Promise<boolean> {
  try {
    const handle = session.temporal.workflow.getHandle(name);
    const { type, status } = await bounded(session, () => handle.describe());
    if (type !== 'curate' || status.name !== 'RUNNING') return false;
    await bounded(session, () => handle.cancel());
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

/** Looks at a curation again and again until it has ended, or was stopped by somebody; `left` where the signal came first. */
export async function followCuration(
  session: Session,
  name: string,
  { signal, onView }: { readonly signal: AbortSignal; readonly onView: (view: CurationView) => void },
): Promise<FinishedCuration | 'stopped' | 'left'> {
  const handle = session.temporal.workflow.getHandle<typeof curate>(name);
  while (!signal.aborted) {
    const view = await look(session, name).catch((error: unknown) => {
      // Servers may be restarted meanwhile: the curation goes on when they are back.
      if (classify(error) === 'infrastructure') return null;
      throw error;
    });
    if (view === 'ended')
      return handle.result().catch((error: unknown) => {
        if (error instanceof WorkflowFailedError && error.cause instanceof CancelledFailure) return 'stopped';
        throw error;
      });
    if (view !== null) onView(view);
    await sleep(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
  return 'left';
}

const EVERY_MS = 500;

async function look(session: Session, name: string): Promise<CurationView | 'ended'> {
  const handle = session.temporal.workflow.getHandle(name);
  const described = await bounded(session, () => handle.describe());
  if (described.status.name !== 'RUNNING') return 'ended';
  const status = await bounded(session, () => handle.query(curationStatusQuery)).catch(() => null);
  return { status, work: await workOf(session, described) };
}
