import { createHash } from 'node:crypto';
import { lastDecisions, type Decision } from '../../domain/curation/decisions.js';
import type { CurationSettings } from '../../domain/curation/settings.js';
import type { QuestionRecord, TrajectoryRecord } from '../../domain/data/records.js';
import { UserError } from '../../domain/failures.js';
import type { Ref } from '../../domain/refs.js';
import { parseJson, toJson } from '../datasets.js';
import type { ObjectStore, VideoReader } from '../ports.js';
import type { CurationPlan, PlanCurationInput, VideoInput } from './contract.js';
import { engineFor } from './engine.js';
import type { CurationFolders, Lines, OcrEngines } from './ports.js';

/** About a thousand events of the workflow's history. */
const BATCH_VIDEOS = 50;

/** What is to be curated: the object behind `CurationPlan.ref`. */
export interface PlanRecord {
  readonly dir: string;
  readonly videoRoot: string;
  readonly settings: CurationSettings;
  /** Refs of `PlannedVideo[]`, videos in order of their names. */
  readonly batches: readonly Ref[];
  readonly questions: number;
  readonly refusedLines: readonly string[];
  readonly decisions: { readonly list: readonly Decision[]; readonly problems: readonly string[] } | null;
  readonly madeBy: Readonly<Record<string, string>>;
}

export interface PlannedVideo {
  readonly video: string;
  /** In the order of the folder. */
  readonly questions: readonly QuestionRecord[];
  /** Trajectories that a person has mended. */
  readonly mended: readonly TrajectoryRecord[];
}

interface PlanDeps {
  readonly store: ObjectStore;
  readonly reader: VideoReader;
  readonly engines: OcrEngines;
  readonly folders: CurationFolders;
}

/** Reads the folder once; whatever comes after works from what was committed here. */
export function createPlanCuration(deps: PlanDeps): (input: PlanCurationInput) => Promise<CurationPlan> {
  return async ({ dir, decisionsFile, settings, batchVideos = BATCH_VIDEOS }) => {
    const { questions, videoRoot } = await deps.folders.open(dir);
    if (questions.records.length === 0)
      throw new UserError(
        `${dir}/questions.jsonl: expected questions, found none that can be used${firstOf(questions.refused)}`,
        'one question a line: {"id", "video", "question", "answers": […]}',
      );
    const decided = decisionsFile === null ? null : await deps.folders.decisions(decisionsFile);
    const videos = videosOf(questions);
    const decisions = decided === null ? null : withMended(videos, decided);
    const names = [...videos.keys()].sort();
    const batches: Ref[] = [];
    for (let first = 0; first < names.length; first += batchVideos) {
      const batch = names.slice(first, first + batchVideos).map((name) => videos.get(name)!);
      batches.push(await putByContent(deps.store, 'plan', batch));
    }
    const engine = await engineFor(deps.engines, settings.ocr.engine);
    const plan: PlanRecord = {
      dir,
      videoRoot,
      settings,
      batches,
      questions: questions.records.length,
      refusedLines: questions.refused,
      decisions,
      madeBy: { decoder: deps.reader.version, ocr: engine.version },
    };
    return {
      ref: await putByContent(deps.store, 'plan', plan),
      videos: names.length,
      questions: plan.questions,
      batches: batches.length,
    };
  };
}

/** The plan, and the video that an activity is about. */
export async function plannedVideo(
  store: ObjectStore,
  { plan, batch, at }: VideoInput,
): Promise<{ readonly plan: PlanRecord; readonly planned: PlannedVideo }> {
  const record = await loadPlan(store, plan);
  const videos = await loadBatch(store, record, batch);
  const planned = videos[at];
  if (planned === undefined) throw new RangeError(`the plan has no video ${at} in batch ${batch}`);
  return { plan: record, planned };
}

export async function loadPlan(store: ObjectStore, plan: Ref): Promise<PlanRecord> {
  return parseJson<PlanRecord>(await store.get(plan));
}

export async function loadBatch(
  store: ObjectStore,
  plan: PlanRecord,
  batch: number,
): Promise<readonly PlannedVideo[]> {
  const ref = plan.batches[batch];
  if (ref === undefined) throw new RangeError(`the plan has no batch ${batch}`);
  return parseJson<readonly PlannedVideo[]>(await store.get(ref));
}

/** Keeps a value under its own hash. */
export async function putByContent(store: ObjectStore, kind: string, value: unknown): Promise<Ref> {
  const body = toJson(value);
  const sha256 = createHash('sha256').update(body).digest('hex');
  const { ref } = await store.putIfAbsent(`curation/${kind}/${sha256}.json`, body, 'curation');
  return ref;
}

function videosOf({ records }: Lines<QuestionRecord>): Map<string, PlannedVideo> {
  const videos = new Map<string, PlannedVideo>();
  for (const { record } of records) {
    const { questions = [] } = videos.get(record.video) ?? {};
    videos.set(record.video, { video: record.video, questions: [...questions, record], mended: [] });
  }
  return videos;
}

/** Hands each mended trajectory to its video, and says which cannot be. */
function withMended(
  videos: Map<string, PlannedVideo>,
  { records, refused }: Lines<Decision>,
): NonNullable<PlanRecord['decisions']> {
  const problems = [...refused];
  const list = [...lastDecisions(records.map(({ record }) => record)).values()];
  const honoured = list.filter(({ id, decision, trajectory }) => {
    if (decision !== 'mended' || trajectory === undefined) return true;
    const planned = videos.get(trajectory.video);
    const question = planned?.questions.find((one) => one.id === trajectory.questionId);
    if (planned === undefined || question === undefined) {
      problems.push(`decision "mended" for "${id}": there is no such question about ${trajectory.video}`);
      return false;
    }
    if (JSON.stringify(question.answers) !== JSON.stringify(trajectory.answers)) {
      problems.push(
        `decision "mended" for "${id}": its answers are not those of the question ${question.id}`,
      );
      return false;
    }
    videos.set(planned.video, { ...planned, mended: [...planned.mended, trajectory] });
    return true;
  });
  return { list: honoured, problems };
}

function firstOf(refused: readonly string[]): string {
  return refused.length === 0
    ? ''
    : ` (${refused[0]}${refused.length > 1 ? `, and ${refused.length - 1} more` : ''})`;
}
