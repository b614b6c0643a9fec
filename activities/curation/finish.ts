import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { applyDecisions, lastDecisions } from '../../domain/curation/decisions.js';
import { measureTruth } from '../../domain/curation/measure.js';
import {
  addCounts,
  countBy,
  NO_COUNTS,
  type CurationReport,
  type VideoFailure,
} from '../../domain/curation/report.js';
import type { CuratedVideo } from '../../domain/curation/records.js';
import type { DataManifest } from '../../domain/data/records.js';
import { UserError } from '../../domain/failures.js';
import type { Ref } from '../../domain/refs.js';
import { parseJson, toJson, toLines } from '../datasets.js';
import { breathe, heartbeat } from '../heartbeat.js';
import type { ObjectStore } from '../ports.js';
import type { BatchInput, FinishCurationInput, FinishedCuration, VideoOutcome } from './contract.js';
import { STEP_VERSIONS } from './keys.js';
import { loadBatch, loadPlan, putByContent, type PlannedVideo, type PlanRecord } from './plan.js';

/** Commits the outcomes of a batch, in the order of its videos. */
export function createCloseBatch({
  store,
}: {
  readonly store: ObjectStore;
}): (input: BatchInput & { readonly done: readonly VideoOutcome[] }) => Promise<Ref> {
  return ({ done }) =>
    putByContent(
      store,
      'batch',
      [...done].sort((a, b) => a.at - b.at),
    );
}

/** Writes the curated folder: the same bytes for the same outcomes, whenever and however often it is done. */
export function createFinishCuration({
  store,
}: {
  readonly store: ObjectStore;
}): (input: FinishCurationInput) => Promise<FinishedCuration> {
  return async ({ plan: planRef, batches, out }) => {
    const plan = await loadPlan(store, planRef);
    const { curated, failures, planned } = await gather(store, plan, batches);
    const questions = planned.flatMap((video) => video.questions);
    const decided = applyDecisions(
      curated.flatMap(({ accepted }) => accepted),
      curated.flatMap(({ rejected }) => rejected),
      lastDecisions(plan.decisions?.list ?? []),
    );
    const byId = <T extends { readonly video: string; readonly id: string }>(
      list: readonly T[],
    ): readonly T[] => [...list].sort((a, b) => order(a.video, b.video) || order(a.id, b.id));
    const [accepted, rejected] = [byId(decided.accepted), byId(decided.rejected)];
    const counts = curated.reduce((sum, video) => addCounts(sum, video.counts), NO_COUNTS);
    const report: CurationReport = {
      version: 1,
      videos: { total: planned.length, read: curated.length, failed: failures.length },
      frames: { sampled: counts.frames, read: counts.framesRead },
      texts: { read: counts.texts, dropped: counts.dropped },
      questions: {
        total: questions.length,
        refused: plan.refusedLines.length,
        matched: counts.matched,
        ambiguous: counts.ambiguous,
        missing: counts.missing,
        lost: failures.reduce((sum, failure) => sum + failure.questions, 0),
      },
      trajectories: {
        made: accepted.length + rejected.filter(({ trajectory }) => trajectory !== undefined).length,
        accepted: countBy(accepted.map(({ style }) => style)),
        rejected: countBy(rejected.map(({ reason }) => reason)),
      },
      decisions:
        plan.decisions === null
          ? null
          : {
              read: plan.decisions.list.length,
              problems: [...plan.decisions.problems, ...decided.problems],
            },
      truth: measureTruth(
        questions,
        curated.flatMap(({ found }) => found),
        accepted,
        plan.settings.fps,
      ),
      refusedLines: plan.refusedLines,
      failures,
      madeBy: { ...plan.madeBy, ...versions() },
    };
    const relative = path.relative(out, plan.videoRoot).split(path.sep).join('/');
    const manifest: DataManifest = {
      version: 1,
      form: 'curation',
      videoRoot: relative === '' ? '.' : relative,
      madeBy: report.madeBy,
    };
    await writeFolder(out, [
      ['questions.jsonl', toLines(questions)],
      ['trajectories.jsonl', toLines(accepted)],
      ['rejected.jsonl', toLines(rejected)],
      ['report.json', toJson(report)],
      ['data.json', toJson(manifest)],
    ]);
    return { out, report, failures };
  };
}

interface Gathered {
  readonly curated: readonly CuratedVideo[];
  readonly failures: readonly VideoFailure[];
  readonly planned: readonly PlannedVideo[];
}

async function gather(store: ObjectStore, plan: PlanRecord, batches: readonly Ref[]): Promise<Gathered> {
  const curated: CuratedVideo[] = [];
  const failures: VideoFailure[] = [];
  const planned: PlannedVideo[] = [];
  for (const [i, ref] of batches.entries()) {
    heartbeat({ doing: 'gathering what was curated', done: i, total: batches.length });
    await breathe();
    const videos = await loadBatch(store, plan, i);
    planned.push(...videos);
    for (const outcome of parseJson<readonly VideoOutcome[]>(await store.get(ref))) {
      const { video, questions } = videos[outcome.at]!;
      if (outcome.kind === 'done') curated.push(parseJson<CuratedVideo>(await store.get(outcome.ref)));
      else failures.push({ video, questions: questions.length, why: withoutFolder(outcome.why, plan) });
    }
  }
  return { curated, failures, planned };
}

/** Where the folder lies is no part of what went wrong, and would change with every machine. */
function withoutFolder(why: string, { videoRoot, dir }: PlanRecord): string {
  return why.replaceAll(`${videoRoot}${path.sep}`, '').replaceAll(`${dir}${path.sep}`, '');
}

/** Each file appears as a whole; `data.json`, which makes the folder one of data, comes last. */
async function writeFolder(out: string, files: readonly (readonly [string, Uint8Array])[]): Promise<void> {
  try {
    await mkdir(out, { recursive: true });
    for (const [name, body] of files) {
      const part = path.join(out, `.${name}.part`);
      await writeFile(part, body);
      await rename(part, path.join(out, name)).catch(async (error: unknown) => {
        await rm(part, { force: true });
        throw error;
      });
    }
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause);
    throw new UserError(
      `${out}: the curated folder cannot be written here (${code})`,
      'Free the cause, or name another folder with --out; what was curated is kept.',
      { cause },
    );
  }
}

function versions(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(STEP_VERSIONS).map(([step, version]) => [`step ${step}`, version]),
  );
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
