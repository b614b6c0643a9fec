import type { Box01 } from '../world/records.js';

/** Selects frames. `targetFrames` are 1-based indices at the sampling rate, 1 to 8 of them. */
export interface ClipCall {
  readonly tool: 'clip';
  readonly targetFrames: readonly number[];
}

/** Zooms into a region of one frame, at native resolution. */
export interface CropCall {
  readonly tool: 'crop';
  readonly targetFrame: number;
  readonly bbox01: Box01;
}

export type ToolCall = ClipCall | CropCall;

/** Sizes at which pictures reach a policy: its image processor, as data. */
export interface PictureSpec {
  /** Sampling rate: frame i (1-based) is the one on screen at (i − 1)/fps seconds. */
  readonly fps: number;
  /** Frames that the overview shows; a video with more or fewer is refused by the embedded policy. */
  readonly frames: number;
  readonly overview: SizePx;
  readonly clip: SizePx;
  /** A crop keeps its aspect, is scaled by at most `maxScale`, and is centred on a canvas of this size. */
  readonly crop: SizePx & { readonly maxScale: number };
}

export interface SizePx {
  readonly widthPx: number;
  readonly heightPx: number;
}

/**
 * A picture as the policy sees it: 8-bit grey, row-major, `widthPx × heightPx` bytes
 * from `offset` in the pack that the observation names.
 */
export interface Look {
  readonly frame: number;
  /** `null` for a whole frame (clip). */
  readonly box01: Box01 | null;
  readonly widthPx: number;
  readonly heightPx: number;
  readonly offset: number;
}

/** What a call gives back: pictures, or a sentence that says what was wrong with it. Never a crash. */
export type Observation =
  | { readonly kind: 'looks'; readonly call: ToolCall; readonly looks: readonly Look[] }
  | { readonly kind: 'refused'; readonly reason: string };
