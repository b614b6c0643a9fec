import type { Decision } from '../curation/decisions.js';
import { RowRefusal } from './refusal.js';
import { Row } from './row.js';
import { trajectoryOf } from './trajectory.js';

/** A line of `decisions.jsonl` as a record. A mended trajectory stands in the line whole, under the decision's id. */
export function decisionOf(value: unknown): Decision {
  const row = new Row(value);
  return { ...askedDecisionOf(row), by: row.text('by'), at: row.text('at') };
}

/** What was decided, before it is said who did and when. */
export function askedDecisionOf(row: Row): Omit<Decision, 'by' | 'at'> {
  const id = row.name('id');
  const decision = row.oneOf('decision', ['accepted', 'rejected', 'mended'] as const);
  const trajectory = row.has('trajectory') ? trajectoryOf(row.raw('trajectory')) : undefined;
  if (decision === 'mended' && trajectory === undefined)
    throw new RowRefusal('missing-field', '"trajectory" is missing: expected the mended trajectory');
  if (trajectory !== undefined && trajectory.id !== id)
    throw new RowRefusal(
      'bad-value',
      `expected "id" of the trajectory to be "${id}", the decision's, got "${trajectory.id}"`,
    );
  return {
    id,
    decision,
    ...(row.has('why') ? { why: row.anyText('why') } : {}),
    ...(trajectory === undefined ? {} : { trajectory }),
  };
}
