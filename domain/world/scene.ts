import type { Kind, Mark } from './vocabulary.js';

/** Size of every video of the small world. */
export const WIDTH_PX = 256;
export const HEIGHT_PX = 144;
/** Encoded frames a second; a scene lasts one second. */
export const VIDEO_FPS = 4;
/** Tools number frames at this rate: frame i shows scene i. */
export const WORLD_FPS = 1;

/** A plate is its text's tight box grown by this much on each side. */
export const PLATE_MARGIN_X_PX = 8;
export const PLATE_MARGIN_Y_PX = 6;
/** Widest tight box of a text: with its margins it fills a slot. */
export const TEXT_WIDTH_PX = 70;
export const SLOT_WIDTH_PX = TEXT_WIDTH_PX + 2 * PLATE_MARGIN_X_PX;

export interface RectPx {
  readonly x: number;
  readonly y: number;
  readonly w: number;
  readonly h: number;
}

export interface PointPx {
  readonly x: number;
  readonly y: number;
}

/** Brightness 0–255 with a muted hue around it. */
export interface Tone {
  readonly luma: number;
  readonly hueRad: number;
  readonly chroma: number;
}

export type FontFamily = 'sans' | 'mono' | 'serif';

/** Where a text goes: its plate hugs the text and lies within `slot`, `align` (0 left … 1 right) of the way. */
export interface Row {
  readonly slot: RectPx;
  readonly align: number;
  readonly markAt: RectPx | null;
}

/** The geometry of one scene: what the split by layout is about. */
export interface SceneLayout {
  readonly kind: Kind;
  /** The furniture that bears the plates: sheet, case, board. */
  readonly body: RectPx;
  readonly rows: readonly Row[];
  readonly symbolAt: RectPx | null;
  /** Places that dots may take, at least 14 px apart. */
  readonly dotPlaces: readonly PointPx[];
  /** True when the scene is drawn the other way round (stub at the left, lamps at the left …). */
  readonly mirrored: boolean;
  readonly font: { readonly family: FontFamily; readonly bold: boolean; readonly capPx: number };
}

/** Everything the renderer needs, and nothing random left. */
export interface Scene {
  readonly layout: SceneLayout;
  readonly texts: readonly string[];
  readonly marks: readonly (Mark | null)[];
  readonly symbol: Mark | null;
  readonly dots: readonly PointPx[];
  readonly look: SceneLook;
}

export interface SceneLook {
  readonly backdrop: {
    readonly style: 'gradient' | 'stripes' | 'discs' | 'blocks';
    readonly from: Tone;
    readonly to: Tone;
    readonly angleRad: number;
    /** Seed of the texture's shapes. */
    readonly texture: number;
  };
  readonly body: Tone;
  readonly trim: Tone;
  readonly plate: Tone;
  readonly ink: Tone;
  /** Ink of marks, symbols and dots on the body. */
  readonly accent: Tone;
  /** Peak of the noise added to each pixel, and the change of brightness at each encoded frame. */
  readonly noise: number;
  readonly flicker: readonly number[];
  /** Shift of the picture at each encoded frame; the first is 0, 0. */
  readonly pan: readonly PointPx[];
}

/** A whole video before it is drawn. */
export interface VideoPlan {
  readonly scenes: readonly Scene[];
  readonly crf: number;
}
