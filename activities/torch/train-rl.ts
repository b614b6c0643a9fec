import type { TrainRlInput, Trained } from '../contract.js';
import type { ObjectStore } from '../ports.js';
import type { Openings } from './openings.js';
import type { TokenModels } from './model.js';
import type { TokenStates } from './states.js';

interface Deps {
  readonly store: ObjectStore;
  readonly openings: Openings;
  readonly models: TokenModels;
  readonly states: TokenStates;
}

/** One GRPO step. */
export function createTorchTrainRl(_deps: Deps): (input: TrainRlInput) => Promise<Trained> {
  throw new Error('not made yet');
}
