import { matchQuestion } from '../../domain/curation/match.js';
import type { FoundPlace, RejectedRecord, VideoCounts, VideoText } from '../../domain/curation/records.js';
import { synthesize } from '../../domain/curation/synthesize.js';
import type { CurationSettings } from '../../domain/curation/settings.js';
import type { Provenance, QuestionRecord, TrajectoryRecord } from '../../domain/data/records.js';
import type { Ref } from '../../domain/refs.js';
import { parseJson, toJson } from '../datasets.js';
import { breathe, heartbeat } from '../heartbeat.js';
import type { ObjectStore } from '../ports.js';
import type { TrajectoriesMade, VideoInput } from './contract.js';
import { STEP_VERSIONS, stepKey, synthesisSettings, type StepKey } from './keys.js';
import { plannedVideo } from './plan.js';

/** What the step `synthesize` commits. */
export interface MadeTrajectories {
  readonly trajectories: readonly TrajectoryRecord[];
  readonly rejected: readonly RejectedRecord[];
  readonly found: readonly FoundPlace[];
  readonly counts: VideoCounts;
}

export function createMakeTrajectories({
  store,
}: {
  readonly store: ObjectStore;
}): (input: VideoInput & { readonly text: Ref }) => Promise<TrajectoriesMade> {
  return async (input) => {
    const { plan, planned } = await plannedVideo(store, input);
    const step = synthesisStep(plan.settings, planned.questions, input.text);
    const questions = planned.questions.length;
    const done = await store.head(step.key, 'curation');
    if (done !== null) {
      const { trajectories } = parseJson<MadeTrajectories>(await store.get(done));
      return { ref: done, trajectories: trajectories.length, questions };
    }
    const text = parseJson<VideoText>(await store.get(input.text));
    const made = await makeOf(planned.questions, text, plan.settings, {
      steps: [readStepOf(input.text), step.provenance],
    });
    const { ref } = await store.putIfAbsent(step.key, toJson(made), 'curation');
    return { ref, trajectories: made.trajectories.length, questions };
  };
}

export function synthesisStep(
  settings: CurationSettings,
  questions: readonly QuestionRecord[],
  text: Ref,
): StepKey {
  return stepKey('synthesize', { text: text.sha256, questions, ...synthesisSettings(settings) });
}

/** Matches each question and makes trajectories of what was found. */
export async function makeOf(
  questions: readonly QuestionRecord[],
  text: VideoText,
  settings: CurationSettings,
  provenance: Provenance,
): Promise<MadeTrajectories> {
  const trajectories: TrajectoryRecord[] = [];
  const rejected: RejectedRecord[] = [];
  const found: FoundPlace[] = [];
  for (const [i, question] of questions.entries()) {
    heartbeat({ doing: `matching answers in ${text.video}`, done: i, total: questions.length });
    await breathe();
    const match = matchQuestion(question, text, settings.matching);
    if (match.kind === 'matched') {
      const { frame, box01 } = match.place.clearest;
      found.push({ questionId: question.id, frame, box01 });
      const from = question.source === undefined ? {} : { source: question.source };
      trajectories.push(...synthesize(match, text, settings, { ...from, ...provenance }));
    } else {
      const { reason, why } = match;
      const { id, video } = question;
      rejected.push({ id, questionId: id, video, step: 'match', reason, why });
    }
  }
  const unmatched = (ambiguous: boolean): number =>
    rejected.filter(({ reason }) => (reason === 'ambiguous') === ambiguous).length;
  const own = text.frames.filter(({ sameAs }) => sameAs === undefined);
  const counts: VideoCounts = {
    frames: text.frames.length,
    framesRead: text.framesRead,
    texts: own.reduce((sum, { words }) => sum + words.length, 0),
    dropped: text.dropped,
    matched: found.length,
    ambiguous: unmatched(true),
    missing: unmatched(false),
  };
  return { trajectories, rejected, found, counts };
}

/** The reading's key is its name in the store. */
function readStepOf({ uri }: Ref): Provenance['steps'][number] {
  const [, sha256 = ''] = /\/read-text\/([0-9a-f]{64})\.json$/.exec(uri) ?? [];
  return { step: 'read-text', version: STEP_VERSIONS['read-text'], sha256 };
}
