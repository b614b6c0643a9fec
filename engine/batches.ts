import type { BatchShape } from './policy/spec.js';

/** Sequences of B rollouts with n looks, laid out as the graphs take them. */
export interface SequenceBatch {
  readonly shape: BatchShape;
  /** [B, 6] */
  readonly words: Int32Array;
  /** [B, 8 · 18 · 32] */
  readonly thumbs: Uint8Array;
  /** [B, n + 1, 7] */
  readonly actions: Int32Array;
  /** [B, n] */
  readonly lookKinds: Int32Array;
  /** [B, n · LOOK_BYTES] */
  readonly pixels: Uint8Array;
}

export interface DenseTargets {
  /** [B · 8] */
  readonly sceneKind: Int32Array;
  readonly sceneKindWeight: Float32Array;
  readonly sceneAsked: Int32Array;
  readonly sceneAskedWeight: Float32Array;
  /** [B · 8 · 3 · 4] bins */
  readonly sceneBox: Int32Array;
  readonly sceneBoxWeight: Float32Array;
  /** [B · n · 18] */
  readonly clipArea: Int32Array;
  readonly clipAreaWeight: Float32Array;
}

export interface SupervisedBatch extends SequenceBatch {
  /** [B · (n + 1) · 7]; sums to 1 over the whole step's tokens. */
  readonly weights: Float32Array;
  readonly dense: DenseTargets | null;
  /** Whether positions glance at the frames; a base learns to see without. */
  readonly glance: boolean;
}

export interface GrpoBatch extends SequenceBatch {
  readonly weights: Float32Array;
  readonly advantages: Float32Array;
  readonly oldLogProbs: Float32Array;
  readonly referenceLogProbs: Float32Array;
}
