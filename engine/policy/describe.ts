import {
  ACTION_TOKENS,
  ANSWER,
  BINS,
  CLIP as CLIP_TOKEN,
  CROP as CROP_TOKEN,
  END,
  FIRST_BIN,
  FIRST_FRAME,
  MAX_FRAMES,
  PAD,
  QUESTION_SLOT,
  QUESTION_WORDS,
  SLOT,
  VOCABULARY,
} from '../../domain/protocol/compact.js';
import { ANSWER_CHARACTERS } from '../../domain/world/vocabulary.js';
import {
  CLIP,
  CROP,
  LOOK_BYTES,
  LOOK_CLIP,
  LOOK_CROP,
  LOOK_NONE,
  LOOK_REFUSED,
  LOOK_TOKENS,
  THUMB,
  type PolicySpec,
} from './spec.js';
import { POLICY_FORMAT } from './state.js';

export const WEIGHTS_FILE = 'model.safetensors';

/**
 * `config.json` of an exported policy: all that a reader in another language has to know beside the weights. Ranges of
 * tokens are [first, how many]; pictures are grey, a byte a pixel, row by row.
 */
export function describePolicy(spec: PolicySpec, sha256: string) {
  const { width, layers, heads, maxLooks, grammar = false } = spec;
  return {
    format: POLICY_FORMAT,
    architecture: { width, layers, heads, maxLooks },
    // Whether what the protocol forbids was masked, in training as in sampling; the weights' own logits are not.
    grammar,
    weights: { file: WEIGHTS_FILE, sha256, dtype: 'F32' },
    tokens: {
      layout: '[question][frames × thumbnail] ([action][look]) × looks [action]',
      question: QUESTION_SLOT,
      frames: MAX_FRAMES,
      thumbnail: THUMB.tokens,
      action: SLOT,
      look: LOOK_TOKENS,
      vocabulary: VOCABULARY,
      actionTokens: ACTION_TOKENS,
      special: { PAD, END, CLIP: CLIP_TOKEN, CROP: CROP_TOKEN, ANSWER },
      frameTokens: [FIRST_FRAME, MAX_FRAMES],
      edgeBinTokens: [FIRST_BIN, BINS],
      characterTokens: [FIRST_BIN + BINS, ANSWER_CHARACTERS.length],
      wordTokens: [ACTION_TOKENS, QUESTION_WORDS.length],
      characters: ANSWER_CHARACTERS,
      words: QUESTION_WORDS,
    },
    pictures: {
      thumbnail: { widthPx: THUMB.widthPx, heightPx: THUMB.heightPx },
      clip: { widthPx: CLIP.widthPx, heightPx: CLIP.heightPx },
      crop: { widthPx: CROP.widthPx, heightPx: CROP.heightPx },
      bytesOfALook: LOOK_BYTES,
      lookKinds: { none: LOOK_NONE, clip: LOOK_CLIP, crop: LOOK_CROP, refused: LOOK_REFUSED },
    },
  };
}
