import type { ScoreShardInput, ScoredShard } from '../contract.js';
import type { ObjectStore } from '../ports.js';
import type { DataSets } from '../datasets.js';
import type { Openings } from './openings.js';
import type { Photographer } from '../conversation/pictures.js';
import type { TokenModels } from './model.js';
import type { TokenStates } from './states.js';

interface Deps {
  readonly store: ObjectStore;
  readonly dataSets: DataSets;
  readonly openings: Openings;
  readonly photographer: Photographer;
  readonly models: TokenModels;
  readonly states: TokenStates;
}

/** Rewards. */
export function createTorchScoreShard(_deps: Deps): (input: ScoreShardInput) => Promise<ScoredShard> {
  throw new Error('not made yet');
}
