import { dirname, resolve } from 'node:path';
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { TASK_QUEUES } from '../../activities/contract.js';
import type { Curriculum } from '../../domain/curriculum.js';
import { UserError } from '../../domain/failures.js';
import type { Ref } from '../../domain/refs.js';
import type { curriculum as curriculumWorkflow } from '../../workflows/curriculum.js';
import {
  acceptChangesSignal,
  answersRunOf,
  answersWorkflowId,
  ATTRIBUTES,
} from '../../workflows/messages.js';
import { changedParts } from '../../workflows/run-book.js';
import { fingerprintParts } from '../setup/fingerprint.js';
import { curriculumChange } from './curriculum-changes.js';
import { readPolicy, type PolicyFile } from './policy-folder.js';
import { bounded, type Session } from './session.js';

export interface StartRequest {
  readonly name: string;
  /** The curriculum's file: what its base is relative to. */
  readonly file: string;
  readonly curriculum: Curriculum;
  /** Go on although the versions of what shapes the bytes have changed. */
  readonly acceptChanges: boolean;
}

/** What became of a request: a new run, the one of that name that runs already, or one that is complete. */
export type Started = 'started' | 'resumed' | 'attached' | 'complete';

/** What a run remembers of its start. */
export interface RunMemo {
  readonly curriculum: Curriculum;
  readonly file: string;
  readonly baseSha256: string | null;
  readonly madeBy?: Readonly<Record<string, string>>;
}

/**
 * Starts a run, once for each name: the same name attaches to the run that is going on, shows the one that is
 * complete, and takes up one that failed or was cancelled, whose committed work is found again.
 */
export async function startRun(session: Session, request: StartRequest): Promise<Started> {
  const { name, curriculum } = request;
  refuseBadName(name);
  const base = await readBase(request);
  const before = await describeRun(session, name);
  if (before !== null) {
    const running = before.status.name === 'RUNNING';
    const complete = before.status.name === 'COMPLETED';
    refuseOtherCurriculum(request, memoOf(before), base?.sha256 ?? null, !running && !complete);
    if (complete) return 'complete';
    await settleChanges(session, request, memoOf(before), running);
    if (running) return 'attached';
  } else if (await isAnswers(session, name))
    throw new UserError(`"${name}" is the name of a run of questions`, 'choose another with --name');
  const baseWeights = base === null ? null : await upload(session, base);
  const memo: RunMemo = { curriculum, file: resolve(request.file), baseSha256: base?.sha256 ?? null };
  try {
    await bounded(session, () =>
      session.temporal.workflow.start<typeof curriculumWorkflow>('curriculum', {
        taskQueue: TASK_QUEUES.curriculum,
        workflowId: name,
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
        memo: { ...memo },
        typedSearchAttributes: [{ key: ATTRIBUTES.curriculum, value: curriculum.name }],
        staticSummary: curriculum.stages.map((stage) => stage.name).join(' → '),
        staticDetails: `Curriculum **${curriculum.name}**, seed ${curriculum.seed}, from \`${request.file}\`.`,
        args: [{ run: name, curriculum, baseWeights }],
      }),
    );
  } catch (error) {
    // Somebody else started it between our look and our start: that is the run we wanted.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return 'attached';
  }
  return before === null ? 'started' : 'resumed';
}

/** Asks a run to stop; its last checkpoint stands. False where it had ended already. */
export async function cancelRun(session: Session, name: string): Promise<boolean> {
  const run = await describeRun(session, name);
  if (run === null) throw await noSuchRun(session, name);
  if (run.status.name !== 'RUNNING') return false;
  await bounded(session, () => session.temporal.workflow.getHandle(name).cancel());
  return true;
}

export async function describeRun(
  session: Session,
  name: string,
): Promise<WorkflowExecutionDescription | null> {
  try {
    const found = await bounded(session, () => session.temporal.workflow.getHandle(name).describe());
    return found.type === 'curriculum' ? found : null;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

export function memoOf(run: { readonly memo?: Record<string, unknown> }): RunMemo {
  return run.memo as unknown as RunMemo;
}

/** Names that exist, so that a typing mistake is seen. */
export async function noSuchRun(session: Session, name: string): Promise<UserError> {
  if (await isAnswers(session, name))
    return new UserError(
      `"${name}" is a run of questions to a served model: it has no stages, policy or report`,
      `Type: ruminate status ${name}, or ruminate watch ${name}`,
    );
  const names = new Set<string>();
  for await (const { workflowId, type } of session.temporal.workflow.list({ query: ALL_RUNS }))
    names.add(type === 'answers' ? answersRunOf(workflowId) : workflowId);
  const known = names.size === 0 ? 'there are none yet' : `there are ${[...names].slice(0, 10).join(', ')}`;
  return new UserError(`there is no run "${name}"; ${known}`, 'Type: ruminate list');
}

/** Visibility queries, latest first as the server gives them: runs of curricula, and those with runs of questions. */
export const RUNS = `WorkflowType = 'curriculum'`;
const ALL_RUNS = `WorkflowType IN ('curriculum', 'answers')`;

async function isAnswers(session: Session, name: string): Promise<boolean> {
  try {
    await bounded(session, () => session.temporal.workflow.getHandle(answersWorkflowId(name)).describe());
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}

export function refuseBadName(name: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(name)) return;
  throw new UserError(
    `a run's name: expected up to 64 letters, digits, dots, dashes and underscores, got "${name}"`,
    'choose another with --name',
  );
}

/** A run that has ended may go on with more or less room than it had, where that is accepted: its memory ran out, say. */
function refuseOtherCurriculum(
  { name, curriculum, acceptChanges }: StartRequest,
  memo: RunMemo,
  baseSha256: string | null,
  mayGoOn: boolean,
): void {
  const change = curriculumChange(memo.curriculum, curriculum);
  const sameBase = memo.baseSha256 === baseSha256;
  if (sameBase && change === 'none') return;
  if (sameBase && change === 'room' && mayGoOn) {
    if (acceptChanges) return;
    throw new UserError(
      `the run "${name}" was started with another microBatch, gradientCheckpointing or contextTokens (${memo.file}), so its bytes would not be those of one run`,
      'go on with --accept-changes; what it has committed is not done twice',
    );
  }
  throw new UserError(
    `the run "${name}" was started from ${change === 'none' ? 'another base policy' : 'a curriculum that says something else'} (${memo.file})`,
    `give the new run a name of its own with --name, or see the old one: ruminate status ${name}`,
  );
}

/** Other versions of what shapes the bytes than those that a run has recorded are refused, unless accepted. */
async function settleChanges(
  session: Session,
  { name, curriculum, acceptChanges }: StartRequest,
  { madeBy }: RunMemo,
  running: boolean,
): Promise<void> {
  const changes =
    madeBy === undefined ? [] : changedParts(madeBy, await fingerprintParts(curriculum.policy.engine));
  if (changes.length === 0) return;
  if (!acceptChanges)
    throw new UserError(
      `the run "${name}" was made with other versions than are here now, so its bytes would not be the same:\n  ${changes.join('\n  ')}`,
      'bring the old versions back, go on with --accept-changes, or start anew with --name',
    );
  if (running) await session.temporal.workflow.getHandle(name).signal(acceptChangesSignal);
}

/** The base of an embedded policy where it is a file; a UserError where it is none, or of another shape. */
export async function readBase({
  file,
  curriculum,
}: Pick<StartRequest, 'file' | 'curriculum'>): Promise<PolicyFile | null> {
  const { policy } = curriculum;
  // A model of the torch engine is a folder, which its process reads itself.
  if (policy.engine === 'torch' || policy.base.type === 'fresh') return null;
  const { base } = policy;
  const path = resolve(dirname(file), base.path);
  try {
    return await readPolicy(path, policy);
  } catch (cause) {
    if (cause instanceof UserError)
      throw new UserError(`${file}: policy.base.path: ${cause.message}`, cause.hint, { cause });
    throw new UserError(
      `${file}: policy.base.path: expected a safetensors file or an exported folder at ${path}, found none that can be read`,
      'make it with: ruminate run configs/base.yaml, then ruminate export base --out ' + path,
      { cause },
    );
  }
}

async function upload({ store }: Session, { bytes, sha256 }: PolicyFile): Promise<Ref> {
  const { ref } = await store.putIfAbsent(`bases/${sha256}.safetensors`, bytes, 'weights');
  return ref;
}
