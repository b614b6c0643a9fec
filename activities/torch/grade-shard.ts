import type { GradeShardInput, GradedShard } from '../contract.js';
import type { ObjectStore } from '../ports.js';
import type { DataSets } from '../datasets.js';
import type { Openings } from './openings.js';

interface Deps {
  readonly store: ObjectStore;
  readonly dataSets: DataSets;
  readonly openings: Openings;
}

/** Grades. */
export function createTorchGradeShard(_deps: Deps): (input: GradeShardInput) => Promise<GradedShard> {
  throw new Error('not made yet');
}
