import type { VideoInfo } from '../../activities/ports.js';
import { BugFailure, DataFailure, InfrastructureFailure } from '../../domain/failures.js';
import type { Size } from './filters.js';
import type { VideoLimits } from './limits.js';

/** One request to a decode process. It has one at a time. */
export interface DecodeJob {
  readonly path: string;
  readonly limits: VideoLimits;
  readonly threads: number;
  /** Null: only the information is wanted. */
  readonly frames: {
    readonly fps: number;
    readonly indices: readonly number[];
    readonly channels: 1 | 3;
    readonly size?: Size;
  } | null;
}

/**
 * What comes back by the pipe: a little-endian 32-bit length, that many bytes of JSON, and behind a frame its
 * pixels. `ready` comes once, at the start; `end` or `failed` ends a request.
 */
export type DecodeAnswer =
  | { readonly kind: 'ready' }
  | { readonly kind: 'info'; readonly info: VideoInfo }
  | ({
      readonly kind: 'frame';
      readonly index: number;
      readonly channels: 1 | 3;
      readonly bytes: number;
    } & Size)
  | { readonly kind: 'end' }
  | { readonly kind: 'failed'; readonly name: string; readonly message: string };

export function headerOf(answer: DecodeAnswer): Buffer {
  const json = Buffer.from(JSON.stringify(answer));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.length);
  return Buffer.concat([length, json]);
}

/** Rebuilds what a decode process threw. */
export function failureOf({ name, message }: Extract<DecodeAnswer, { kind: 'failed' }>): Error {
  if (name === 'DataFailure') return new DataFailure(message);
  return name === 'BugFailure' ? new BugFailure(message) : new InfrastructureFailure(message);
}
