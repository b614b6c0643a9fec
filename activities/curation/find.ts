import type { CuratedVideo } from '../../domain/curation/records.js';
import { classify } from '../../domain/failures.js';
import { parseJson } from '../datasets.js';
import { cancellationSignal, heartbeat } from '../heartbeat.js';
import { checkStep, told, type CheckDeps } from './check.js';
import type { BatchInput, FoundCurated, VideoDone } from './contract.js';
import { fileSha256 } from './keys.js';
import { synthesisStep } from './make-trajectories.js';
import { loadBatch, loadPlan, type PlannedVideo, type PlanRecord } from './plan.js';
import { planReading, type ReadTextDeps } from './read-text.js';

type FindDeps = ReadTextDeps & Pick<CheckDeps, 'decoder'>;

/** Looks up what has been committed for the videos of a batch: hashes and three look-ups each, no decoding. */
export function createFindCurated(deps: FindDeps): (input: BatchInput) => Promise<FoundCurated> {
  return async ({ plan: planRef, batch }) => {
    const plan = await loadPlan(deps.store, planRef);
    const videos = await loadBatch(deps.store, plan, batch);
    const done: VideoDone[] = [];
    const left: { at: number; video: string }[] = [];
    for (const [at, planned] of videos.entries()) {
      heartbeat({ doing: 'looking up what is done', done: at, total: videos.length });
      cancellationSignal()?.throwIfAborted();
      const found = await findOne(deps, plan, planned, at);
      if (found === null) left.push({ at, video: planned.video });
      else done.push(found);
    }
    return { done, left };
  };
}

async function findOne(
  deps: FindDeps,
  plan: PlanRecord,
  planned: PlannedVideo,
  at: number,
): Promise<VideoDone | null> {
  const { store } = deps;
  // A video that cannot be read is not done; its own activity says what is wrong with it.
  const reading = await planReading(deps, plan, planned.video).catch((error: unknown) => {
    if (classify(error) === 'data') return null;
    throw error;
  });
  if (reading === null) return null;
  const text = await store.head(reading.step.key, 'curation');
  if (text === null) return null;
  const made = await store.head(synthesisStep(plan.settings, planned.questions, text).key, 'curation');
  if (made === null) return null;
  const sha256 = await fileSha256(reading.file);
  const check = checkStep(deps.decoder, reading.engine, plan, planned, { text, made, sha256 });
  const ref = await store.head(check.key, 'curation');
  return ref === null ? null : told(at, ref, parseJson<CuratedVideo>(await store.get(ref)));
}
