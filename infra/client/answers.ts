import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import {
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type WorkflowExecutionDescription,
} from '@temporalio/client';
import { TASK_QUEUES } from '../../activities/contract.js';
import { modelName } from '../../domain/conversation/model-name.js';
import type { AskedQuestion, ConversationRecord } from '../../domain/conversation/records.js';
import type { AnswerSpec } from '../../domain/conversation/spec.js';
import { classify, DataFailure, UserError } from '../../domain/failures.js';
import type { Ref } from '../../domain/refs.js';
import type { answers, FailureLimit } from '../../workflows/answers.js';
import type { AnswersStatus } from '../../workflows/answers-state.js';
import { answersWorkflowId } from '../../workflows/messages.js';
import type { Home } from '../home/home.js';
import { handKeys } from '../openai/key-door.js';
import { describeRun, refuseBadName } from './runs.js';
import { bounded, type Session } from './session.js';
import { workOf } from './work.js';

export type { AnswersStatus } from '../../workflows/answers-state.js';

export interface AnswersRequest {
  readonly name: string;
  readonly spec: AnswerSpec;
  readonly questions: readonly AskedQuestion[];
  /** Whether a server that stays away is waited for without end. */
  readonly patient: boolean;
  readonly failures: FailureLimit;
  /** The command that takes it up again, for people. */
  readonly again: string;
}

/** What a run of questions remembers of its start. */
export interface AnswersMemo {
  readonly model: string;
  readonly questions: number;
  readonly again: string;
}

/** Conversations beyond what the model takes at once: while they look, others may speak. */
const AHEAD = 4;
const MOST_WIDTH = 256;
/** A model of our own says one message at a time; the pictures of others travel meanwhile. */
const LOCAL_CALLS = 2;

function callsAtOnce({ engine }: AnswerSpec): number {
  if (engine.type === 'torch') return LOCAL_CALLS;
  return engine.endpoints.reduce((sum, { concurrency }) => sum + concurrency, 0);
}

/**
 * Starts a run of questions, once for each name: the same name attaches to the one that goes on, shows the one that
 * is complete, and takes up one that failed or was cancelled, whose committed messages are found again.
 */
export async function startAnswers(
  session: Session,
  { name, spec, questions, patient, failures, again }: AnswersRequest,
): Promise<'started' | 'resumed' | 'attached' | 'complete'> {
  refuseBadName(name);
  const { store } = session;
  const lines = Buffer.from(questions.map((question) => `${JSON.stringify(question)}\n`).join(''));
  const body = Buffer.from(JSON.stringify(spec));
  const before = await describeAnswers(session, name);
  if (before === null && (await describeRun(session, name)) !== null)
    throw new UserError(`"${name}" is the name of a curriculum's run`, 'choose another with --name');
  const source = {
    spec: (await store.putIfAbsent(`answers/${name}/spec.json`, body, 'questions')).ref,
    questions: (await store.putIfAbsent(`answers/${name}/questions.jsonl`, lines, 'questions')).ref,
  };
  await refuseOther(session, name, source, body, lines);
  if (before?.status.name === 'COMPLETED') return 'complete';
  if (before?.status.name === 'RUNNING') return 'attached';
  const model = modelName(spec.engine);
  const memo: AnswersMemo = { model, questions: questions.length, again };
  try {
    await bounded(session, () =>
      session.temporal.workflow.start<typeof answers>('answers', {
        taskQueue: TASK_QUEUES.curriculum,
        workflowId: answersWorkflowId(name),
        workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
        memo: { ...memo },
        staticSummary: `${questions.length === 1 ? [...questions[0]!.question].slice(0, 100).join('') : `${questions.length} questions`} · ${model}`,
        args: [
          {
            run: name,
            model,
            source,
            questions: questions.length,
            width: Math.min(callsAtOnce(spec) + AHEAD, MOST_WIDTH),
            engine: spec.engine.type,
            patient,
            failures,
          },
        ],
      }),
    );
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    return 'attached';
  }
  return before === null ? 'started' : 'resumed';
}

/** The run's status again and again until it has ended (that comes last), or the signal aborts. Throws what the run failed of. */
export async function* watchAnswers(
  session: Session,
  name: string,
  {
    everyMs = 500,
    signal,
    onTrouble,
  }: { everyMs?: number; signal: AbortSignal; onTrouble?: (why: string) => void },
): AsyncGenerator<AnswersStatus> {
  const handle = session.temporal.workflow.getHandle<typeof answers>(answersWorkflowId(name));
  let troubles = 0;
  while (!signal.aborted) {
    try {
      const described = await bounded(session, () => handle.describe());
      if (described.status.name !== 'RUNNING') {
        // The reason of a failure is in the result; a query would only say how far it was.
        yield await handle.result();
        return;
      }
      yield await bounded(session, () => handle.query<AnswersStatus>('answers'));
      troubles = 0;
    } catch (error) {
      if (isFailure(error) || classify(error) !== 'infrastructure') throw error;
      // A query that finds no worker yet is no trouble; one that goes on finding none is.
      if (++troubles === TROUBLES_TOLD) onTrouble?.(error instanceof Error ? error.message : String(error));
    }
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}

/** Gives the worker the keys that a run needs, from the environment of this process. */
export async function handKeysFor(home: Home, { engine }: AnswerSpec): Promise<void> {
  if (engine.type === 'torch') return;
  const names = engine.endpoints.flatMap(({ keyVariable }) => keyVariable ?? []);
  const keys = names.flatMap((name) =>
    process.env[name] ? [[name, process.env[name].trim()] as const] : [],
  );
  await handKeys(home, Object.fromEntries(keys));
}

/** How a run asks, as it was begun. */
export async function specOf({ store }: Session, name: string): Promise<AnswerSpec> {
  const ref = await store.head(`answers/${name}/spec.json`, 'questions');
  if (ref === null) throw new DataFailure(`the run "${name}" has lost what it was begun with`);
  return JSON.parse(Buffer.from(await store.get(ref)).toString('utf8')) as AnswerSpec;
}

/** Why nothing moves: what an activity that is tried again failed of last; null where nothing fails. */
export async function answersTrouble(session: Session, name: string): Promise<string | null> {
  const described = await describeAnswers(session, name);
  if (described === null) return null;
  const failing = (await workOf(session, described)).find(
    ({ attempt, failure }) => attempt > 1 && failure !== null,
  );
  return failing === undefined
    ? null
    : `${failing.activity}, attempt ${failing.attempt}: ${failing.failure ?? ''}`;
}

const TROUBLES_TOLD = 10;

/** Asks a run to stop; what it has committed stands. False where it had ended already. */
export async function cancelAnswers(session: Session, name: string): Promise<boolean> {
  const found = await describeAnswers(session, name);
  if (found === null || found.status.name !== 'RUNNING') return false;
  await bounded(session, () => session.temporal.workflow.getHandle(answersWorkflowId(name)).cancel());
  return true;
}

export async function describeAnswers(
  session: Session,
  name: string,
): Promise<WorkflowExecutionDescription | null> {
  try {
    return await bounded(session, () =>
      session.temporal.workflow.getHandle(answersWorkflowId(name)).describe(),
    );
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return null;
    throw error;
  }
}

/** The conversations of a finished run, in the order of the questions. */
export async function* recordsOf(
  { store }: Session,
  { records }: AnswersStatus,
): AsyncGenerator<ConversationRecord> {
  for (const ref of records) {
    const text = Buffer.from(await store.get(ref)).toString('utf8');
    for (const line of text.split('\n')) if (line !== '') yield JSON.parse(line) as ConversationRecord;
  }
}

/** Anything that a run has committed as JSON. */
export async function committed<T>({ store }: Session, ref: Ref): Promise<T> {
  return JSON.parse(Buffer.from(await store.get(ref)).toString('utf8')) as T;
}

function isFailure(error: unknown): boolean {
  return error instanceof Error && error.name === 'WorkflowFailedError';
}

/** What a person chose. What a server happened to list when it was looked at is not: it may have been away. */
function asChosen(spec: Buffer): unknown {
  const { engine, ...rest } = JSON.parse(spec.toString('utf8')) as AnswerSpec;
  if (engine.type === 'torch') return { ...rest, engine };
  const endpoints = engine.endpoints.map(({ listed: _, ...endpoint }) => endpoint);
  return { ...rest, engine: { ...engine, endpoints } };
}

async function refuseOther(
  { store }: Session,
  name: string,
  source: { readonly spec: Ref; readonly questions: Ref },
  spec: Buffer,
  questions: Buffer,
): Promise<void> {
  const [knownSpec, knownQuestions] = [
    Buffer.from(await store.get(source.spec)),
    Buffer.from(await store.get(source.questions)),
  ];
  const sameSpec = isDeepStrictEqual(asChosen(knownSpec), asChosen(spec));
  const sameQuestions = questions.equals(knownQuestions);
  if (sameSpec && sameQuestions) return;
  throw new UserError(
    `the run "${name}" was started with other ${sameSpec ? 'questions' : 'options'} than these`,
    `give this one a name of its own with --name, or go on with that one by its own ${sameSpec ? 'file' : 'options'}`,
  );
}
