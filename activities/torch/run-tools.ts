import type { RunToolsInput, ToolsRun } from '../contract.js';
import type { ObjectStore } from '../ports.js';
import type { Openings } from './openings.js';
import type { Photographer } from '../conversation/pictures.js';

interface Deps {
  readonly store: ObjectStore;
  readonly openings: Openings;
  readonly photographer: Photographer;
}

/** Looks. */
export function createTorchRunTools(_deps: Deps): (input: RunToolsInput) => Promise<ToolsRun> {
  throw new Error('not made yet');
}
