import type { Ref } from '../domain/refs.js';
import type { CommitSeriesInput } from './contract.js';
import { toLines } from './datasets.js';
import type { ObjectStore } from './ports.js';

/** Commits records of steps as JSON lines; of two attempts, the first stands. */
export function createCommitSeries(deps: {
  readonly store: ObjectStore;
}): (input: CommitSeriesInput) => Promise<Ref> {
  return async ({ at, records }) => {
    const key = `runs/${at.run}/${at.stage}/series/${at.step}.jsonl`;
    const { ref } = await deps.store.putIfAbsent(key, toLines(records), 'metrics');
    return ref;
  };
}
