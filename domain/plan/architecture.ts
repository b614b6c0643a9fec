/** The shape of a vision-language model, as far as its size and its pictures follow from it. */
export interface Architecture {
  readonly family: 'qwen2.5-vl' | 'qwen3-vl';
  readonly text: {
    readonly width: number;
    readonly layers: number;
    readonly hidden: number;
    readonly heads: number;
    /** Heads of keys and values. */
    readonly sharedHeads: number;
    readonly headWidth: number;
    readonly vocabulary: number;
    /** Whether the words' embedding is the head as well. */
    readonly tied: boolean;
  };
  readonly vision: {
    readonly width: number;
    readonly layers: number;
    readonly hidden: number;
    readonly patchPx: number;
    /** Patches a side that become one token. */
    readonly merge: number;
    /** Places that have a vector of their own; 0 where places are rotations. */
    readonly places: number;
    /** Layers whose features go into the language model beside the last one's. */
    readonly taps: number;
  };
}

/** Frames that one patch spans. */
const TEMPORAL = 2;
const CHANNELS = 3;

/** Every parameter, embeddings and vision tower included: what transformers 5.23 makes of the same shape. */
export function parametersOf({ family, text, vision }: Architecture): number {
  const old = family === 'qwen2.5-vl';
  return textParameters(text, old) + (old ? gatedTower(vision, text.width) : plainTower(vision, text.width));
}

/** Parameters of LoRA adapters (Hu et al. 2021) on the language model's seven matrices a layer: rank · (in + out) each. */
export function adapterParameters({ text }: Architecture, rank: number): number {
  const { width, layers, hidden, heads, sharedHeads, headWidth } = text;
  const [queries, keys] = [heads * headWidth, sharedHeads * headWidth];
  return rank * layers * (2 * (width + queries) + 2 * (width + keys) + 3 * (width + hidden));
}

/** Edge of the square of pixels that becomes one token: 28 for Qwen2.5-VL, 32 for Qwen3-VL. */
export function tokenSidePx({ vision }: Architecture): number {
  return vision.patchPx * vision.merge;
}

function textParameters(text: Architecture['text'], old: boolean): number {
  const { width, layers, hidden, heads, sharedHeads, headWidth, vocabulary, tied } = text;
  const [queries, keys] = [heads * headWidth, sharedHeads * headWidth];
  const attention = 2 * width * queries + 2 * width * keys;
  // Qwen2.5 adds to queries, keys and values; Qwen3 normalises queries and keys.
  const more = old ? queries + 2 * keys : 2 * headWidth;
  const layer = attention + more + 3 * width * hidden + 2 * width;
  return layers * layer + width + vocabulary * width * (tied ? 1 : 2);
}

/** Qwen2.5-VL's: gated, normalised by RMS. */
function gatedTower({ width, layers, hidden, patchPx, merge }: Architecture['vision'], out: number): number {
  const attention = 3 * (width * width + width) + width * width + width;
  const gated = 2 * (width * hidden + hidden) + hidden * width + width;
  const patches = CHANNELS * TEMPORAL * patchPx ** 2 * width;
  return patches + layers * (2 * width + attention + gated) + merger(width, width, merge, out);
}

/** Qwen3-VL's: two matrices a layer, LayerNorm with its offset, a vector for each place, and a merger for each tap. */
function plainTower(vision: Architecture['vision'], out: number): number {
  const { width, layers, hidden, patchPx, merge, places, taps } = vision;
  const attention = 3 * (width * width + width) + width * width + width;
  const plain = width * hidden + hidden + hidden * width + width;
  const patches = CHANNELS * TEMPORAL * patchPx ** 2 * width + width;
  const blocks = layers * (4 * width + attention + plain);
  const tapped = taps * merger(width, 2 * merge ** 2 * width, merge, out);
  return patches + places * width + blocks + merger(width, 2 * width, merge, out) + tapped;
}

function merger(width: number, norm: number, merge: number, out: number): number {
  const joined = merge ** 2 * width;
  return norm + joined * joined + joined + joined * out + out;
}
