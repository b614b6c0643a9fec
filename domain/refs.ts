/**
 * A claim on bytes kept elsewhere: workflows carry refs, never pixels or weights.
 * Readers recompute `sha256` over the bytes and refuse a mismatch.
 */
export interface Ref {
  /** `s3://<bucket>/<key>` in the object store, or `file:///…` for a video of a local folder. */
  readonly uri: string;
  /** Lower-case hex SHA-256 of the bytes. */
  readonly sha256: string;
  readonly bytes: number;
  readonly kind: RefKind;
}

export type RefKind =
  | 'manifest'
  | 'weights'
  | 'optimizer'
  | 'dataset'
  | 'questions'
  | 'scenes'
  | 'pictures'
  | 'trajectories'
  | 'turn'
  | 'observations'
  | 'scored'
  | 'metrics'
  | 'curation'
  | 'report';

/**
 * A committed checkpoint. `manifest` was written last, so whoever holds this may trust
 * that every part exists and matched its SHA-256 when it was committed.
 */
export interface CheckpointRef {
  readonly manifest: Ref;
  /** The safetensors file of the weights: the sha256 that `ruminate status --json` shows. */
  readonly weights: Ref;
  readonly version: PolicyVersion;
}

/** Which policy: the stage that made it, and how many of that stage's optimizer steps it has taken. */
export interface PolicyVersion {
  readonly stage: string;
  readonly step: number;
}
