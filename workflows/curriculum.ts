import {
  ChildWorkflowCancellationType,
  condition,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  rootCause,
  setHandler,
  type ChildWorkflowOptions,
} from '@temporalio/workflow';
import type { DataSet, PreparedFolders, PromptLedger, WrittenReport } from '../activities/contract.js';
import type { Curriculum, Stage } from '../domain/curriculum.js';
import { addLedger, EMPTY_LEDGER } from '../domain/ledger.js';
import { pythonsOf } from '../domain/pythons.js';
import type { CheckpointRef, Ref } from '../domain/refs.js';
import { evaluate } from './evaluate.js';
import {
  acceptChangesSignal,
  ATTRIBUTES,
  evaluationWorkflowId,
  progressSignal,
  resumeUpdate,
  stageWorkflowId,
  statusQuery,
} from './messages.js';
import { cpu, train } from './proxies.js';
import { withRoom, type RoomyWork } from './memory-room.js';
import { RunBook } from './run-book.js';
import { stage as stageWorkflow } from './stage.js';
import { afterWait, type StageResult, type StageState } from './stage-state.js';

export interface CurriculumInput {
  /** The run's name, and the workflow's id. */
  readonly run: string;
  readonly curriculum: Curriculum;
  /** The base policy, where it is a file. */
  readonly baseWeights: Ref | null;
  /** Settings of room that were changed before this execution, which takes the run up again. */
  readonly roomChanges?: readonly string[];
  /** Passed on to the stages; for tests. */
  readonly historyLimit?: number;
}

export interface CurriculumResult {
  readonly report: WrittenReport;
  readonly ledger: PromptLedger;
}

const CHILD = {
  parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
  cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
} satisfies ChildWorkflowOptions;

/** The order of everything: data and base, the stages, their baselines, one evaluation of each policy, the report. */
export async function curriculum(input: CurriculumInput): Promise<CurriculumResult> {
  const book = new RunBook(input, Date.now());
  setHandler(statusQuery, () => book.status(), {
    description: 'Where the run is, as ruminate status shows it.',
  });
  setHandler(progressSignal, (status) => {
    book.progress(status);
  });
  setHandler(acceptChangesSignal, () => {
    book.acceptChanges();
  });
  setHandler(resumeUpdate, (word) => {
    book.resume(word);
  });
  try {
    const result = await run(input, book);
    book.end('completed', null);
    return result;
  } catch (error) {
    if (isCancellation(error)) book.end('cancelled', null);
    else book.end('failed', rootCause(error) ?? String(error));
    throw error;
  }
}

async function run(input: CurriculumInput, book: RunBook): Promise<CurriculumResult> {
  const { curriculum } = input;
  await sameParts(input, book);
  book.now('preparing videos, questions and the base policy');
  const [{ train: trainSet, test: testSet }, base] = await Promise.all([
    prepare(input),
    startPolicy(input, book),
  ]);

  const policies = new Map<string, CheckpointRef>([['base', base]]);
  let ledger: PromptLedger = EMPTY_LEDGER;
  const series: Ref[] = [];
  for (const stage of inOrder(curriculum.stages)) {
    await sameParts(input, book);
    book.begin(stage);
    const result = await runStage(input, book, stage, policies.get(stage.from)!, trainSet);
    book.progress(result.status);
    policies.set(stage.name, result.checkpoint);
    series.push(...result.series);
    ledger = addLedger(ledger, result.ledger);
  }

  const evaluations = await evaluateAll(input, book, policies, testSet);
  book.now('writing the report');
  const report = await cpu.writeReport({
    run: input.run,
    curriculum,
    test: testSet,
    train: trainSet,
    evaluations,
    series,
    ledger,
    ...(book.roomChanges.length === 0 ? {} : { roomChanges: book.roomChanges }),
  });
  return { report, ledger };
}

/** Baselines come last, so that a person sees the main chain first; both orders give the same bytes. */
function inOrder(stages: readonly Stage[]): readonly Stage[] {
  return [...stages.filter(({ baseline }) => !baseline), ...stages.filter(({ baseline }) => baseline)];
}

function runStage(
  input: CurriculumInput,
  book: RunBook,
  stage: Stage,
  start: CheckpointRef,
  data: DataSet,
): Promise<StageResult> {
  const { run, historyLimit } = input;
  return roomy<StageResult, StageState>(input, book, ({ seed, policy, compute, name }, before) =>
    executeChild(stageWorkflow, {
      ...CHILD,
      workflowId: stageWorkflowId(run, stage.name),
      staticSummary: `${stage.name}: ${stage.type}, ${stage.steps} steps from ${stage.from}`,
      typedSearchAttributes: [
        { key: ATTRIBUTES.curriculum, value: name },
        { key: ATTRIBUTES.stage, value: stage.name },
        { key: ATTRIBUTES.state, value: 'running' },
      ],
      args: [
        {
          ...{ run, seed, stage, policy, compute, train: data, start },
          ...(historyLimit === undefined ? {} : { historyLimit }),
          ...(before === null ? {} : { state: afterWait(before.left, before.waitedMs) }),
        },
      ],
    }),
  );
}

/** Every policy answers the same questions of the test split, which nothing has touched until now. */
async function evaluateAll(
  input: CurriculumInput,
  book: RunBook,
  policies: ReadonlyMap<string, CheckpointRef>,
  data: DataSet,
) {
  const { run } = input;
  const { seed, evaluation, name } = input.curriculum;
  book.now('choosing the questions of the evaluation');
  const { questions } = await cpu.planEvaluation({ seed, data, evaluation });
  const evaluations: { stage: string; graded: readonly Ref[] }[] = [];
  for (const [stage, checkpoint] of policies) {
    book.now(`evaluating ${stage} on ${questions.length} held-out questions`);
    const at = { run, stage: `evaluation/${stage}`, step: checkpoint.version.step };
    const { graded, accuracy } = await roomy(input, book, ({ policy, compute }) =>
      executeChild(evaluate, {
        ...CHILD,
        workflowId: evaluationWorkflowId(run, stage),
        staticSummary: `${stage}: ${questions.length} held-out questions, greedily`,
        typedSearchAttributes: [
          { key: ATTRIBUTES.curriculum, value: name },
          { key: ATTRIBUTES.stage, value: stage },
        ],
        args: [{ run, policyOf: stage, at, seed, data, questions, policy, compute, checkpoint }],
      }),
    );
    book.evaluated(stage, accuracy);
    evaluations.push({ stage, graded });
  }
  return evaluations;
}

/** What needs a model in memory; after a wait for room it begins with the versions looked at again. */
function roomy<T, L = never>(input: CurriculumInput, book: RunBook, work: RoomyWork<T, L>): Promise<T> {
  return withRoom(book, () => sameParts(input, book), work);
}

/** Refuses to go on with other versions of what shapes the bytes, until a person says so. */
async function sameParts({ run, curriculum }: CurriculumInput, book: RunBook): Promise<void> {
  const { parts } = await cpu.fingerprint({ run, pythons: pythonsOf(curriculum.policy) });
  const changed = book.recordParts(parts);
  if (!changed) return;
  await condition(() => book.mayGoOn);
  book.settleParts(parts);
}

async function prepare({ run, curriculum }: CurriculumInput): Promise<PreparedFolders> {
  const { data } = curriculum;
  if ('folders' in data)
    return cpu.prepareFolders.executeWithOptions({ summary: 'train and test: data folders' }, [
      { run, folders: data.folders },
    ]);
  const split = (name: 'train' | 'test'): Promise<DataSet> => {
    const { seed, [name]: part } = data.world;
    return cpu.prepareData.executeWithOptions({ summary: `${name}: ${part.videos} videos` }, [
      { run, split: name, seed, videos: part.videos, questionsPerVideo: part.questionsPerVideo },
    ]);
  };
  const [train, test] = await Promise.all([split('train'), split('test')]);
  return { train, test };
}

function startPolicy(input: CurriculumInput, book: RunBook): Promise<CheckpointRef> {
  const { run, baseWeights } = input;
  return roomy(input, book, ({ seed, policy, compute }) =>
    train.startPolicy.executeWithOptions({ summary: 'base' }, [{ run, seed, policy, compute, baseWeights }]),
  );
}
