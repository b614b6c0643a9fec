import type { SupervisedBatch } from '../../../engine/batches.js';
import { LOOK_BYTES } from '../../../engine/policy/spec.js';
import { QUESTION_SLOT, SLOT } from '../../../domain/protocol/compact.js';

/** B sequences of n looks, all blank, of which every token weighs the same. */
export function blankBatch(batch: number, looks: number, glance = true): SupervisedBatch {
  const tokens = batch * (looks + 1) * SLOT;
  return {
    shape: { batch, looks },
    words: new Int32Array(batch * QUESTION_SLOT),
    thumbs: new Uint8Array(batch * 8 * 18 * 32),
    actions: new Int32Array(tokens),
    lookKinds: new Int32Array(batch * looks),
    pixels: new Uint8Array(batch * looks * LOOK_BYTES),
    weights: new Float32Array(tokens).fill(1 / tokens),
    dense: null,
    glance,
  };
}
