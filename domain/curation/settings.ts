/** Settings of a curation, as `configs/curation.yaml` says them. All shares and coordinates are 0 to 1. */
export interface CurationSettings {
  /** Rate at which frames are sampled and numbered. */
  readonly fps: number;
  /** A video with more sampled frames than this is refused. */
  readonly maxFrames: number;
  readonly ocr: OcrSettings;
  readonly matching: MatchingSettings;
  readonly pictures: PictureSettings;
  readonly synthesis: SynthesisSettings;
  readonly check: CheckSettings;
  readonly failures: FailureSettings;
  /** Videos that are worked on at a time. */
  readonly videosInFlight: number;
}

export type OcrEngineName = 'auto' | 'tesseract' | 'tesseract-js' | 'side-files';

/**
 * `sparse`: text anywhere (Tesseract's page segmentation 11); `block`: one block of text (6); `both`: read twice, sparse
 * with a threshold of its own for each part of the picture, and what either finds is kept.
 */
export type OcrLayout = 'sparse' | 'block' | 'both';

export interface OcrSettings {
  readonly engine: OcrEngineName;
  readonly layout: OcrLayout;
  /** Frames lower than this are enlarged before they are read, by a whole factor of at most 4. */
  readonly enlargeBelowPx: number;
  /** A frame whose thumbnail differs nowhere by more than this many of 255 levels from the one read before is not read again. */
  readonly sameWithin: number;
}

export interface MatchingSettings {
  /** 1 − edits/length from which a text counts as the answer; numbers must be equal whatever this is. */
  readonly similarity: number;
  /** Texts this much less similar than the best are no rivals of it. */
  readonly rivalMargin: number;
  /** Answers with fewer letters and digits stand in too many places by chance. */
  readonly minCharacters: number;
  /** Words read with less confidence are not looked at. */
  readonly minConfidence: number;
  /** Sampled frames for which a text may be unread or hidden, and still be the same. */
  readonly maxGapFrames: number;
  /** Intersection over union from which two boxes are the same place. */
  readonly sameBox: number;
}

/** Pictures are scaled down to fit, their aspect kept, and never enlarged. */
export interface PictureSettings {
  readonly overview: BoundPx & { readonly frames: number };
  readonly clip: BoundPx;
  readonly crop: BoundPx;
}

export interface BoundPx {
  readonly widthPx: number;
  readonly heightPx: number;
}

export type SynthesisStyle = 'drp' | 'crp';

export interface SynthesisSettings {
  readonly seed: number;
  readonly styles: readonly SynthesisStyle[];
  /** Most looks of a compositional trajectory, wrong ones included. */
  readonly maxLooks: number;
  /** Share of compositional trajectories that look at a wrong place first. */
  readonly recoverShare: number;
  /** What a crop shows around a text, in heights of the text. */
  readonly margin: number;
  /** Height at which a text in a clip is taken to be legible, and so a clip alone to do. */
  readonly legibleHeightPx: number;
}

export interface CheckSettings {
  /** As for matching, of the answer in what is read in the pictures. */
  readonly similarity: number;
  readonly minConfidence: number;
}

/** The curation stops past this share of failed videos, once so many have failed. */
export interface FailureSettings {
  readonly maxShare: number;
  readonly atLeast: number;
}
