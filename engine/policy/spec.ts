import { ACTION_TOKENS, MAX_FRAMES, QUESTION_SLOT, SLOT, VOCABULARY } from '../../domain/protocol/compact.js';

/**
 * The embedded policy: a decoder-only transformer over question words, thumbnails, action slots and looks.
 *
 * ```
 * [question 6][thumbnails 8 × 2] ([action 7][look 18]) × looks [action 7]
 * ```
 * Everything has its fixed place, so rollouts of one batch decode in lockstep. A position is either one of
 * the 22 of the prompt, or place-in-turn + turn: what a policy learns about reading in the first turn
 * carries over to the next.
 */
export interface PolicySpec {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Looks that a sequence has room for. */
  readonly maxLooks: number;
  /** Whether it can say only what the protocol allows; left out, it may say anything. */
  readonly grammar?: boolean;
}

/** How many sequences, of how many looks. */
export interface BatchShape {
  readonly batch: number;
  readonly looks: number;
}

export const THUMB = { widthPx: 32, heightPx: 18, tokens: 2 } as const;
/** A clip's tokens stand for columns × rows areas of blocks × blocks blocks of blockPx × blockPx pixels. */
export const CLIP = { widthPx: 108, heightPx: 54, columns: 6, rows: 3, blocks: 3, blockPx: 6 } as const;
export const CROP = { widthPx: 108, heightPx: 32, columns: 18 } as const;
/** Columns of a crop that one token sees: its own and a neighbour on either side. */
export const CROP_REACH = 3;
/** What one token of a thumbnail sees. */
export const PATCH = { widthPx: 16, heightPx: 18 } as const;

export const LOOK_TOKENS = 18;
export const PROMPT = QUESTION_SLOT + MAX_FRAMES * THUMB.tokens;
export const TURN = SLOT + LOOK_TOKENS;
/** Bytes reserved for the picture of one look: the larger of a clip and a crop. */
export const LOOK_BYTES = CLIP.widthPx * CLIP.heightPx;

/** What a look slot holds. */
export const LOOK_NONE = 0;
export const LOOK_CLIP = 1;
export const LOOK_CROP = 2;
export const LOOK_REFUSED = 3;
export const LOOK_KINDS = 4;

/** Rows of text that a scene can hold: the dense supervision has a place for each. */
export const MAX_ROWS = 3;
/** Dense supervision of each thumbnail: its kind, whether it is asked for, and the boxes of its texts. */
export const BOX_BINS = 16;
export const KIND_COUNT = 8;
export const ASKED_CLASSES = 2;
export const SCENE_OUTPUTS = KIND_COUNT + ASKED_CLASSES + MAX_ROWS * 4 * BOX_BINS;
/** Dense supervision of each clip: the mark or symbol in each token's area, or none. */
export const MARK_CLASSES = 7;

/** Tokens of a sequence with `looks` looks and a final action slot. */
export function sequenceLength(looks: number): number {
  return PROMPT + looks * TURN + SLOT;
}

/** A parameter: its shape, how it starts, and whether Muon may train it (hidden matrices only). */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /** Standard deviation of the normal it starts from; 0 starts at zero. */
  readonly std: number;
  readonly matrix: boolean;
}

const STEM = 256;
/** What a clip's sliding window can tell apart. */
const DETECTORS = 64;
const EMBEDDING_STD = 0.1;

/** All parameters in a fixed order. Names are those of the safetensors file. */
export function parameters(spec: PolicySpec): readonly ParameterSpec[] {
  const d = spec.width;
  const hidden = (name: string, rows: number, cols: number, zero = false): ParameterSpec => ({
    name,
    shape: [rows, cols],
    std: zero ? 0 : 1 / Math.sqrt(rows),
    matrix: true,
  });
  const other = (name: string, shape: readonly number[], std: number): ParameterSpec => ({
    name,
    shape,
    std,
    matrix: false,
  });
  const patch = PATCH.widthPx * PATCH.heightPx;
  const window = (3 * CLIP.blockPx) ** 2;
  const column = (CROP.widthPx / CROP.columns) * CROP.heightPx * CROP_REACH;
  return [
    other('embed.tokens', [VOCABULARY, d], EMBEDDING_STD),
    other('embed.prompt', [PROMPT, d], EMBEDDING_STD),
    other('embed.place', [TURN, d], EMBEDDING_STD),
    other('embed.turn', [spec.maxLooks + 1, d], EMBEDDING_STD),
    other('embed.look', [LOOK_KINDS, d], EMBEDDING_STD),
    ...(
      [
        ['thumb', patch, STEM, STEM],
        ['clip', window, DETECTORS, CLIP.blocks ** 2 * DETECTORS],
        ['crop', column, STEM, STEM],
      ] as const
    ).flatMap(([name, pixels, features, joined]) => [
      hidden(`vision.${name}.in`, pixels, features),
      other(`vision.${name}.bias`, [features], 0),
      hidden(`vision.${name}.out`, joined, d),
    ]),
    ...Array.from({ length: spec.layers }, (_, layer) => [
      hidden(`layers.${layer}.query`, d, d),
      hidden(`layers.${layer}.key`, d, d),
      hidden(`layers.${layer}.value`, d, d),
      hidden(`layers.${layer}.attend`, d, d, true),
      hidden(`layers.${layer}.up`, d, 4 * d),
      hidden(`layers.${layer}.down`, 4 * d, d, true),
    ]).flat(),
    other('glance.query', [d, d], 1 / Math.sqrt(d)),
    other('glance.key', [2 * d, d], 1 / Math.sqrt(2 * d)),
    other('glance.value', [2 * d, d], 0),
    other('glance.row', [d, MAX_ROWS], 0.02),
    other('glance.mark', [d, MARK_CLASSES], 0.1),
    other('head.action', [d, ACTION_TOKENS], 0.02),
    other('head.scene', [2 * d, SCENE_OUTPUTS], 0.02),
    other('head.mark', [d, MARK_CLASSES], 0.02),
  ];
}
