import { summarise } from '../domain/metrics/summary.js';
import type { GradedRollout } from '../domain/graded.js';
import type { ReportRow, SummarizeInput } from './contract.js';
import { parseLines } from './datasets.js';
import type { ObjectStore } from './ports.js';

/** The row of one policy, from its graded shards. */
export function createSummarize(deps: {
  readonly store: ObjectStore;
}): (input: SummarizeInput) => Promise<ReportRow> {
  return async ({ stage, graded }) => {
    const shards = await Promise.all(graded.map((ref) => deps.store.get(ref)));
    return summarise(
      stage,
      shards.flatMap((bytes) => parseLines<GradedRollout>(bytes)),
    );
  };
}
