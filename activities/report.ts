import type { DataSets } from './datasets.js';
import { parseLines } from './datasets.js';
import type { ReportRow, RunReport, StepRecord, WriteReportInput, WrittenReport } from './contract.js';
import type { ObjectStore } from './ports.js';
import type { LookRenderer, ReportContent } from './report-content.js';
import { showRollouts } from './report-rollouts.js';
import { DataFailure } from '../domain/failures.js';
import type { GradedRollout } from '../domain/graded.js';
import { majorityBaseline } from '../domain/metrics/majority.js';
import { pairedDifference } from '../domain/metrics/paired.js';
import { summarise } from '../domain/metrics/summary.js';
import { pythonsOf, type PythonPurpose } from '../domain/pythons.js';
import type { Ref } from '../domain/refs.js';

export interface WriteReportDeps {
  readonly store: ObjectStore;
  readonly datasets: Pick<DataSets, 'load'>;
  readonly renderer: LookRenderer;
  /** The page, from its content. */
  readonly page: (content: ReportContent) => string;
  /** Versions of what shaped the run's bytes. */
  readonly madeBy: (pythons: readonly PythonPurpose[]) => Promise<Readonly<Record<string, string>>>;
  /** Address of the run in the Temporal UI, where there is one. */
  readonly temporalUi: (run: string) => string | null;
}

/** Fewer rollouts than this are never shown, if there are as many. */
const MIN_SHOWN = 10;

/**
 * Computes the report of a run from its graded rollouts and metrics series, and puts it into the store as
 * `runs/<run>/report/report.json` and `report.html`. Pure in its input but for the link to the Temporal UI.
 */
export function createWriteReport(
  deps: WriteReportDeps,
): (input: WriteReportInput) => Promise<WrittenReport> {
  const { store } = deps;
  return async (input) => {
    const evaluations = await loadEvaluations(store, input.evaluations);
    const train = await deps.datasets.load(input.train);
    const report = computeReport(input, evaluations, train.questions, {
      ...(await deps.madeBy(pythonsOf(input.curriculum.policy))),
      ...changesOf(input),
    });
    const series = (await Promise.all(input.series.map((ref) => lines<StepRecord>(store, ref)))).flat();
    const last = report.stages.at(-1)?.stage ?? BASE;
    const count = Math.max(MIN_SHOWN, input.curriculum.evaluation.shown);
    const shown = await showRollouts(deps.renderer, evaluations.get(last) ?? [], count);
    const temporalUi = deps.temporalUi(input.run);
    const html = deps.page({ report, series, temporalUi, shownStage: last, shown });
    const at = `runs/${input.run}/report`;
    return {
      report,
      json: await store.put(
        `${at}/report.json`,
        Buffer.from(`${JSON.stringify(report, null, 2)}\n`),
        'report',
      ),
      html: await store.put(`${at}/report.html`, Buffer.from(html), 'report'),
    };
  };
}

/** The policy before the first stage, among the evaluations. */
const BASE = 'base';

type Evaluations = ReadonlyMap<string, readonly GradedRollout[]>;

/**
 * The final table and all that stands beside it. A baseline stage of the curriculum is the row `direct`; the
 * majority answer comes from the training questions and is given to the questions that the base was asked.
 */
export function computeReport(
  { run, curriculum, ledger }: Pick<WriteReportInput, 'run' | 'curriculum' | 'ledger'>,
  evaluations: Evaluations,
  trainQuestions: Parameters<typeof majorityBaseline>[0],
  madeBy: Readonly<Record<string, string>>,
): RunReport {
  const base = evaluations.get(BASE);
  if (base === undefined)
    throw new DataFailure(`run ${run}: expected an evaluation of "${BASE}", got ${named(evaluations)}`);
  const baselines = new Set(curriculum.stages.filter((stage) => stage.baseline).map((stage) => stage.name));
  const rows = [...evaluations].filter(([stage]) => stage !== BASE);
  const row = ([stage, graded]: readonly [string, readonly GradedRollout[]]): ReportRow =>
    summarise(stage, graded);
  return {
    run,
    curriculum: curriculum.name,
    stages: rows.filter(([stage]) => !baselines.has(stage)).map(row),
    baselines: {
      majority: majorityBaseline(trainQuestions, base),
      direct: rows.filter(([stage]) => baselines.has(stage)).map(row)[0] ?? null,
      base: summarise(BASE, base),
    },
    effects: effects(curriculum.stages, evaluations),
    ledger,
    madeBy,
  };
}

/** A run whose settings changed on its way has the bytes of neither. */
function changesOf({ roomChanges }: WriteReportInput): Readonly<Record<string, string>> {
  return roomChanges === undefined ? {} : { 'changed on the way': roomChanges.join('; ') };
}

/** What each RL stage changed, over the questions that were asked both before it and after it. */
function effects(
  stages: WriteReportInput['curriculum']['stages'],
  evaluations: Evaluations,
): RunReport['effects'] {
  return stages.flatMap((stage) => {
    const before = evaluations.get(stage.from);
    const after = evaluations.get(stage.name);
    if (stage.type !== 'rl' || before === undefined || after === undefined) return [];
    const correctBefore = new Map(before.map(({ questionId, correct }) => [questionId, correct]));
    const pairs = after.flatMap(({ questionId, correct }) => {
      const was = correctBefore.get(questionId);
      return was === undefined ? [] : [{ before: was, after: correct }];
    });
    const { delta, ci95 } = pairedDifference(pairs);
    return [{ stage: stage.name, delta, ci95 }];
  });
}

async function loadEvaluations(
  store: ObjectStore,
  list: WriteReportInput['evaluations'],
): Promise<Evaluations> {
  const loaded = new Map<string, readonly GradedRollout[]>();
  for (const { stage, graded } of list) {
    loaded.set(stage, (await Promise.all(graded.map((ref) => lines<GradedRollout>(store, ref)))).flat());
  }
  return loaded;
}

async function lines<T>(store: ObjectStore, ref: Ref): Promise<readonly T[]> {
  return parseLines<T>(await store.get(ref));
}

function named(evaluations: Evaluations): string {
  return evaluations.size === 0 ? 'none' : [...evaluations.keys()].join(', ');
}
