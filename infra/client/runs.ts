import { dirname, resolve } from 'node:path';
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { TASK_QUEUES } from '../../activities/contract.js';
import type { Curriculum } from '../../domain/curriculum.js';
import { UserError } from '../../domain/failures.js';
import { changedRoom, roomOf } from '../../domain/memory-room.js';
import type { Ref } from '../../domain/refs.js';
import type { curriculum as curriculumWorkflow } from '../../workflows/curriculum.js';
import { answersRunOf, answersWorkflowId, ATTRIBUTES, resumeUpdate } from '../../workflows/messages.js';
import { refuseOtherCurriculum, settleChanges } from './accepted-changes.js';
import { readPolicy, type PolicyFile } from './policy-folder.js';
import { hasEnded, stateOf } from './run-state.js';
import { bounded, type Session } from './session.js';

export interface StartRequest {
  readonly name: string;
  /** The curriculum's file: what its base is relative to. */
  readonly file: string;
  readonly curriculum: Curriculum;
  /** Go on although the versions of what shapes the bytes have changed, or the settings that memory must have room for. */
  readonly acceptChanges: boolean;
  /** The command that takes it up again, for people. */
  readonly again: string;
}

/** What became of a request: a new run, one that goes on again, or the one of that name that runs, waits or is complete. */
export type Started = 'started' | 'resumed' | 'attached' | 'paused' | 'complete';

/** What a run remembers of its start. */
export interface RunMemo {
  readonly curriculum: Curriculum;
  readonly file: string;
  readonly baseSha256: string | null;
  readonly madeBy?: Readonly<Record<string, string>>;
  /** Absent from runs that were begun before it was kept. */
  readonly again?: string;
  /** While it is paused: why, and what to do. */
  readonly paused?: string;
  /** Settings of room that were changed on its way. */
  readonly roomChanges?: readonly string[];
}

/**
 * Starts a run, once for each name: the same name attaches to the run that is going on, shows the one that is
 * complete, and takes up one that failed or was cancelled, whose committed work is found again. One that is paused goes
 * on where changes are accepted, with the settings of this request.
 */
export async function startRun(session: Session, request: StartRequest): Promise<Started> {
  const { name, curriculum, acceptChanges } = request;
  refuseBadName(name);
  const base = await readBase(request);
  const before = await describeRun(session, name);
  if (before !== null) {
    const state = stateOf(before, before.typedSearchAttributes.get(ATTRIBUTES.state));
    refuseOtherCurriculum(request, memoOf(before), base?.sha256 ?? null, state);
    if (state === 'completed') return 'complete';
    if (state === 'paused' && !acceptChanges) return 'paused';
    await settleChanges(session, request, memoOf(before), !hasEnded({ state }));
    if (state === 'paused') return goOn(session, request);
    if (!hasEnded({ state })) return 'attached';
  } else if (await isAnswers(session, name))
    throw new UserError(`"${name}" is the name of a run of questions`, 'choose another with --name');
  const baseWeights = base === null ? null : await upload(session, base);
  const { file, again } = memoOfRequest(request);
  const roomChanges = before === null ? [] : changesUntilNow(memoOf(before), curriculum);
  const memo: RunMemo = { curriculum, file, again, baseSha256: base?.sha256 ?? null, roomChanges };
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
        args: [{ run: name, curriculum, baseWeights, roomChanges }],
      }),
    );
  } catch (error) {
    // Somebody else started it between our look and our start: that is the run we wanted.
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return 'attached';
  }
  return before === null ? 'started' : 'resumed';
}

/** Of a run that has ended before its end, and is taken up with this curriculum. */
function changesUntilNow(
  { curriculum: before, roomChanges = [] }: RunMemo,
  now: Curriculum,
): readonly string[] {
  const changes = changedRoom(roomOf(before), roomOf(now));
  return changes.length === 0 ? roomChanges : [...roomChanges, `taken up again: ${changes.join(', ')}`];
}

/** Lets a paused run try again, with the settings of this request; answered once it does. */
async function goOn(session: Session, request: StartRequest): Promise<Started> {
  const word = { room: roomOf(request.curriculum), ...memoOfRequest(request) };
  const handle = session.temporal.workflow.getHandle(request.name);
  await bounded(session, () => handle.executeUpdate(resumeUpdate, { args: [word] }));
  return 'resumed';
}

function memoOfRequest({ file, again }: StartRequest): Required<Pick<RunMemo, 'file' | 'again'>> {
  return { file: resolve(file), again };
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
