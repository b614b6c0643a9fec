import type { SampleTurnInput, SampledTurn } from '../contract.js';
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

/** One turn. */
export function createTorchSampleTurn(_deps: Deps): (input: SampleTurnInput) => Promise<SampledTurn> {
  throw new Error('not made yet');
}
