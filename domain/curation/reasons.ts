/** Why a question has no trajectory, or a trajectory was not taken. Stable: scripts count them. */
export type Reason =
  | 'answer-too-short'
  | 'missing'
  | 'ambiguous'
  | 'refused-by-tool'
  | 'no-look'
  | 'no-answer'
  | 'wrong-answer'
  | 'legible-in-overview'
  | 'legible-before'
  | 'not-legible'
  | 'rejected-by-person';

/** What each reason means, for tables and docs. */
export const REASONS: Readonly<Record<Reason, string>> = {
  'answer-too-short': 'the answer is too short to be found with certainty',
  missing: 'the answer was read nowhere',
  ambiguous: 'the answer stands in several places',
  'refused-by-tool': 'a tool refused one of the calls',
  'no-look': 'it answers without looking',
  'no-answer': 'its last turn is no answer',
  'wrong-answer': 'its answer is none of the true ones',
  'legible-in-overview': 'the answer can be read in the overview already',
  'legible-before': 'the answer can be read before the last look',
  'not-legible': 'the answer cannot be read in what it looked at last',
  'rejected-by-person': 'a person rejected it',
};
