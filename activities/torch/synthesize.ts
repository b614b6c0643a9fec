import type { SynthesizeInput, SynthesizedPart } from '../contract.js';
import type { ObjectStore } from '../ports.js';
import type { DataSets } from '../datasets.js';
import type { Openings } from './openings.js';
import type { Photographer } from '../conversation/pictures.js';

interface Deps {
  readonly store: ObjectStore;
  readonly dataSets: DataSets;
  readonly openings: Openings;
  readonly photographer: Photographer;
}

/** Demonstrations as conversations. */
export function createTorchSynthesize(_deps: Deps): (input: SynthesizeInput) => Promise<SynthesizedPart> {
  throw new Error('not made yet');
}
