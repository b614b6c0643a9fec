/// <reference lib="dom" />
import type { TrajectoryRecord, TrajectoryTurn } from '../../../domain/data/records.js';
import type { ReviewItem } from '../records.js';

/** Which trajectories the list shows. */
export const FILTERS = [
  ['open', 'Undecided'],
  ['all', 'All'],
  ['accepted', 'Accepted'],
  ['rejected', 'Rejected'],
  ['mended', 'Mended'],
  ['refused', 'Failed checks'],
] as const;
export type Filter = (typeof FILTERS)[number][0];

/** Common reasons to reject, by the number key that gives them. */
export const REASONS = [
  'the box misses the text',
  'the text cannot be read in what it shows',
  'the answer is wrong or ambiguous',
  'a thought does not follow from what was seen',
  'a look is not needed',
  'the question is unclear, or answerable without looking',
] as const;

/** As a person has left it. */
export function shownOf({ record, decision }: ReviewItem): TrajectoryRecord {
  return decision?.trajectory ?? record;
}

export function actionWords({ action }: TrajectoryTurn): string {
  switch (action.tool) {
    case 'clip':
      return `clip ${action.targetFrames.length === 1 ? 'frame' : 'frames'} ${action.targetFrames.join(', ')}`;
    case 'crop':
      return `crop frame ${action.targetFrame}`;
    default:
      return 'answer';
  }
}

/** What a search looks through. */
export function searchText({ record, why }: ReviewItem): string {
  const { id, video, question, answers, turns } = record;
  const thoughts = turns.map(({ thought }) => thought);
  return [id, video, question, ...answers, ...why, ...thoughts].join('\n').toLowerCase();
}

export function isShown(item: ReviewItem, filter: Filter): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'open':
      return item.decision === null;
    case 'refused':
      return item.origin === 'rejected';
    default:
      return item.decision?.decision === filter;
  }
}
