import {
  ActivityFailure,
  ApplicationFailure,
  continueAsNew,
  defineQuery,
  isCancellation,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type {
  BatchInput,
  CurationPlan,
  FinishedCuration,
  VideoDone,
  VideoOutcome,
} from '../activities/curation/contract.js';
import { classify } from '../domain/failures.js';
import {
  NO_PROGRESS,
  secondsLeft,
  withDone,
  withFailure,
  type CurateInput,
  type CurationProgress,
  type CurationState,
} from './curation-state.js';
import { duration } from './details.js';
import { inFlight } from './pool.js';
import { curation } from './proxies.js';

export type { CurateInput } from './curation-state.js';

/** Where a curation is, as `ruminate data curate` shows it while it goes on. */
export interface CurationStatus {
  readonly name: string;
  readonly doing: string;
  /** Videos in all; null until the folder was read. */
  readonly videos: number | null;
  readonly progress: CurationProgress;
  readonly startedAtMs: number;
  readonly secondsLeft: number | null;
}

export const curationStatusQuery = defineQuery<CurationStatus>('curationStatus');

/** A batch has about 1,000 events at most; the server suggests continue-as-new at four times as many. */
const HISTORY_LIMIT = 3_000;

/**
 * Curates a data folder: batch by batch, what was done before is looked up, and each video left is read, matched and
 * checked. A video that cannot be read is named and counted; past the settings' share of them it stops.
 */
export async function curate(input: CurateInput): Promise<FinishedCuration> {
  const startedAtMs = input.state?.startedAtMs ?? Date.now();
  const work = new Curation(input, startedAtMs);
  setHandler(curationStatusQuery, () => work.status(Date.now()), {
    description: 'How far the curation is.',
  });
  const state = input.state ?? (await work.begin());
  work.take(state);
  while (state.batches.length < state.plan.batches) {
    const batch = { plan: state.plan.ref, batch: state.batches.length };
    state.batches.push(await work.batch(batch));
    state.progress = work.progress;
    const { historyLength, continueAsNewSuggested } = workflowInfo();
    const long = continueAsNewSuggested || historyLength >= (input.historyLimit ?? HISTORY_LIMIT);
    if (long && state.batches.length < state.plan.batches)
      return continueAsNew<typeof curate>({ ...input, state });
  }
  work.now('writing the folder');
  const finished = await curation.finishCuration.executeWithOptions(
    { summary: `curate · write ${input.out}` },
    [{ plan: state.plan.ref, batches: state.batches, out: input.out }],
  );
  work.now('done');
  return finished;
}

/** One execution's view of the work. */
class Curation {
  readonly #input: CurateInput;
  readonly #startedAtMs: number;
  #plan: CurationPlan | null = null;
  #doing = 'reading the folder';
  progress: CurationProgress = NO_PROGRESS;

  constructor(input: CurateInput, startedAtMs: number) {
    this.#input = input;
    this.#startedAtMs = startedAtMs;
  }

  async begin(): Promise<CurationState> {
    const { dir, decisionsFile, settings, batchVideos } = this.#input;
    const plan = await curation.planCuration.executeWithOptions({ summary: `curate · read ${dir}` }, [
      { dir, decisionsFile, settings, ...(batchVideos === undefined ? {} : { batchVideos }) },
    ]);
    return { startedAtMs: this.#startedAtMs, plan, batches: [], progress: NO_PROGRESS };
  }

  take({ plan, progress }: CurationState): void {
    this.#plan = plan;
    this.progress = progress;
    this.now('curating');
  }

  async batch(batch: BatchInput) {
    const of = `${batch.batch + 1} of ${this.#plan?.batches ?? 0}`;
    const found = await curation.findCurated.executeWithOptions(
      { summary: `curate · batch ${of} · look up what is done` },
      [batch],
    );
    for (const video of found.done) this.progress = withDone(this.progress, video, true);
    this.now('curating');
    const outcomes = await inFlight(found.left, this.#input.settings.videosInFlight, ({ at, video }) =>
      this.#video({ ...batch, at }, video),
    );
    const done = [...found.done.map((video) => outcomeOf(video)), ...outcomes];
    return curation.closeBatch.executeWithOptions({ summary: `curate · batch ${of} · commit` }, [
      { ...batch, done },
    ]);
  }

  now(doing: string): void {
    this.#doing = doing;
    const { videos, progress, secondsLeft: left } = this.status(Date.now());
    const lines = [
      `**${doing}** · ${progress.done} of ${videos ?? '?'} videos (${progress.reused} found done before)`,
      `${progress.frames} frames, ${progress.texts} texts; questions: ${progress.matched} matched, ${progress.ambiguous} ambiguous, ${progress.missing} missing; trajectories: ${progress.accepted} taken`,
      ...(left === null ? [] : [`about ${duration(left)} left`]),
      ...(progress.failed === 0 ? [] : [`${progress.failed} videos failed:`]),
      ...progress.lastFailures.map((why) => `- ${why}`),
    ];
    setCurrentDetails(lines.join('\n\n'));
  }

  status(nowMs: number): CurationStatus {
    const { progress } = this;
    const videos = this.#plan?.videos ?? null;
    return {
      name: this.#input.name,
      doing: this.#doing,
      videos,
      progress,
      startedAtMs: this.#startedAtMs,
      secondsLeft: videos === null ? null : secondsLeft(progress, videos, nowMs - this.#startedAtMs),
    };
  }

  async #video(input: BatchInput & { readonly at: number }, video: string): Promise<VideoOutcome> {
    const step = (name: string) => ({ summary: `curate · ${video} · ${name}` });
    try {
      const text = await curation.readVideoText.executeWithOptions(step('read text'), [input]);
      const made = await curation.makeTrajectories.executeWithOptions(step('match and make trajectories'), [
        { ...input, text: text.ref },
      ]);
      const checked = await curation.checkTrajectories.executeWithOptions(
        step(`check ${made.trajectories} trajectories`),
        [{ ...input, text: text.ref, made: made.ref }],
      );
      this.progress = withDone(this.progress, checked, false);
      this.now('curating');
      return outcomeOf(checked);
    } catch (error) {
      if (isCancellation(error) || classify(error) !== 'data') throw error;
      const why = sentenceOf(error);
      this.progress = withFailure(this.progress, why);
      this.now('curating');
      this.#refuseTooMany();
      return { kind: 'failed', at: input.at, why };
    }
  }

  #refuseTooMany(): void {
    const { failed, done, lastFailures } = this.progress;
    const { maxShare, atLeast } = this.#input.settings.failures;
    if (failed < atLeast || failed <= maxShare * (failed + done)) return;
    throw ApplicationFailure.nonRetryable(
      `stopped: ${failed} of the first ${failed + done} videos cannot be read, more than ${100 * maxShare} % (failures.maxShare); ` +
        `the last were\n  ${lastFailures.join('\n  ')}`,
      'DataFailure',
    );
  }
}

/** What the activity itself said; its causes (`ENOENT …`) are for its log. */
function sentenceOf(error: unknown): string {
  const said = error instanceof ActivityFailure ? error.cause : error;
  return said instanceof Error ? said.message : String(said);
}

function outcomeOf({ at, ref }: VideoDone): VideoOutcome {
  return { kind: 'done', at, ref };
}
