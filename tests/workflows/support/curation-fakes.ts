import { ApplicationFailure } from '@temporalio/common';
import type {
  BatchInput,
  CurationActivities,
  FinishCurationInput,
  VideoInput,
  VideoOutcome,
} from '../../../activities/curation/contract.js';
import { parseCuration } from '../../../configs/load-curation.js';
import type { CurateInput } from '../../../workflows/curate.js';
import { NO_COUNTS, type CurationReport } from '../../../domain/curation/report.js';
import { ref } from './fakes.js';

/** What the fakes were asked. */
export interface CurationCalls {
  /** Videos that were read, by their number among all. */
  readonly read: number[];
  readonly closed: { readonly batch: number; readonly done: readonly VideoOutcome[] }[];
  readonly finished: FinishCurationInput[];
}

export interface FakeFolder {
  readonly videos: number;
  /** Numbers of the videos that cannot be read. */
  readonly broken?: readonly number[];
  /** Numbers of those that were curated before. */
  readonly known?: readonly number[];
}

/** Activities that only remember, for a folder of so many videos with one question each. */
export function curationFakes({ videos, broken = [], known = [] }: FakeFolder): {
  activities: CurationActivities;
  calls: CurationCalls;
} {
  const calls: CurationCalls = { read: [], closed: [], finished: [] };
  let perBatch = 50;
  const numberOf = ({ batch, at }: Pick<VideoInput, 'batch' | 'at'>): number => batch * perBatch + at;
  const done = (number: number, at: number) => ({
    at,
    ref: ref(`checked/${number}`, 'curation'),
    counts: { ...NO_COUNTS, frames: 3, texts: 2, matched: 1 },
    accepted: 2,
    rejected: 0,
  });
  const atsOf = ({ batch }: BatchInput): readonly number[] =>
    Array.from({ length: Math.min(perBatch, videos - batch * perBatch) }, (_, at) => at);
  const activities: CurationActivities = {
    planCuration: async ({ batchVideos = 50 }) => {
      perBatch = batchVideos;
      const batches = Math.ceil(videos / perBatch);
      return { ref: ref('plan', 'curation'), videos, questions: videos, batches };
    },
    findCurated: async ({ plan, batch }) => {
      const ats = atsOf({ plan, batch });
      const isKnown = (at: number): boolean => known.includes(numberOf({ batch, at }));
      return {
        done: ats.filter(isKnown).map((at) => done(numberOf({ batch, at }), at)),
        left: ats
          .filter((at) => !isKnown(at))
          .map((at) => ({ at, video: `videos/${numberOf({ batch, at })}.mp4` })),
      };
    },
    readVideoText: async (input) => {
      const number = numberOf(input);
      calls.read.push(number);
      if (broken.includes(number))
        throw ApplicationFailure.nonRetryable(
          `videos/${number}.mp4: there is no such file`,
          'DataFailure',
          undefined,
          new Error('ENOENT: no such file or directory'),
        );
      return { ref: ref(`text/${number}`, 'curation'), frames: 3, texts: 2 };
    },
    makeTrajectories: async (input) => ({
      ref: ref(`made/${numberOf(input)}`, 'curation'),
      trajectories: 2,
      questions: 1,
    }),
    checkTrajectories: async (input) => done(numberOf(input), input.at),
    closeBatch: async ({ batch, done: outcomes }) => {
      calls.closed.push({ batch, done: [...outcomes].sort((a, b) => a.at - b.at) });
      return ref(`batch/${batch}`, 'curation');
    },
    finishCuration: async (input) => {
      calls.finished.push(input);
      return { out: input.out, report: {} as CurationReport, failures: [] };
    },
  };
  return { activities, calls };
}

export function curateInput(name: string, more: Partial<CurateInput> = {}): CurateInput {
  const settings = parseCuration('', 'the defaults');
  return { name, dir: 'data/shop', out: 'data/shop-curated', decisionsFile: null, settings, ...more };
}
