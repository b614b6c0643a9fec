import type { TrainSupervisedInput, Trained } from '../contract.js';
import type { ObjectStore } from '../ports.js';
import type { TokenModels } from './model.js';
import type { TokenStates } from './states.js';

interface Deps {
  readonly store: ObjectStore;
  readonly models: TokenModels;
  readonly states: TokenStates;
}

/** Supervised steps. */
export function createTorchTrainSupervised(_deps: Deps): (input: TrainSupervisedInput) => Promise<Trained> {
  throw new Error('not made yet');
}
