import type { Architecture } from './architecture.js';

/** Shapes of models by the names that their folders usually have: for a plan made before the gigabytes are there. */
const KNOWN: Readonly<Record<string, Architecture>> = {
  'qwen2.5-vl-3b': {
    family: 'qwen2.5-vl',
    text: qwen25(2048, 36, 11_008, 16, 2, 151_936, true),
    vision: tower25(),
  },
  'qwen2.5-vl-7b': {
    family: 'qwen2.5-vl',
    text: qwen25(3584, 28, 18_944, 28, 4, 152_064, false),
    vision: tower25(),
  },
  'qwen3-vl-4b': {
    family: 'qwen3-vl',
    text: qwen3(2560, 9728, true),
    vision: tower3(1024, 24, 4096),
  },
  'qwen3-vl-8b': {
    family: 'qwen3-vl',
    text: qwen3(4096, 12_288, false),
    vision: tower3(1152, 27, 4304),
  },
};

/** The shape that a folder's name promises; null where it is none that is known. */
export function knownArchitecture(
  folder: string,
): { readonly name: string; readonly shape: Architecture } | null {
  const written = folder.toLowerCase();
  const found = Object.entries(KNOWN).find(([name]) =>
    new RegExp(`(^|[^a-z0-9])${name.replace('.', '[._]')}([^0-9a-z]|$)`).test(written),
  );
  return found === undefined ? null : { name: found[0], shape: found[1] };
}

/** The tiny random models of infra/torch-engine. */
export function tinyArchitecture(family: Architecture['family']): Architecture {
  const text = { width: 64, layers: 2, hidden: 128, heads: 4, sharedHeads: 2, headWidth: 16 };
  const vision = { width: 64, layers: 2, hidden: 128, merge: 2 };
  return {
    family,
    text: { ...text, vocabulary: TINY_VOCABULARY, tied: false },
    vision:
      family === 'qwen2.5-vl'
        ? { ...vision, patchPx: 14, places: 0, taps: 0 }
        : { ...vision, patchPx: 16, places: 64, taps: 2 },
  };
}

const TINY_VOCABULARY = 322;

/** A shape from a model's `config.json`, as transformers writes it now or wrote it before; null for what is none of these families. */
export function architectureOf(config: unknown): Architecture | null {
  const top = new Fields(config);
  const type = top.get('model_type');
  const family = type === 'qwen2_5_vl' ? 'qwen2.5-vl' : type === 'qwen3_vl' ? 'qwen3-vl' : null;
  if (family === null) return null;
  const text = new Fields(top.get('text_config') ?? config);
  const vision = new Fields(top.get('vision_config'));
  const old = family === 'qwen2.5-vl';
  const heads = text.number('num_attention_heads');
  const width = text.number('hidden_size');
  const taps = vision.get('deepstack_visual_indexes');
  const shape: Architecture = {
    family,
    text: {
      width,
      layers: text.number('num_hidden_layers'),
      hidden: text.number('intermediate_size'),
      heads,
      sharedHeads: text.number('num_key_value_heads'),
      headWidth: text.has('head_dim') ? text.number('head_dim') : width / heads,
      vocabulary: text.number('vocab_size'),
      tied: (top.get('tie_word_embeddings') ?? text.get('tie_word_embeddings')) === true,
    },
    vision: {
      width: vision.number('hidden_size'),
      layers: vision.number('depth'),
      hidden: vision.number('intermediate_size'),
      patchPx: vision.number('patch_size', old ? 14 : 16),
      merge: vision.number('spatial_merge_size', 2),
      places: old ? 0 : vision.number('num_position_embeddings', 2304),
      taps: old ? 0 : Array.isArray(taps) ? taps.length : 3,
    },
  };
  const numbers = [...Object.values(shape.text), ...Object.values(shape.vision)];
  return numbers.every((value) => typeof value === 'boolean' || Number.isSafeInteger(value)) ? shape : null;
}

/** Somebody else's JSON: what is not a number is NaN, and found out at the end. */
class Fields {
  readonly #value: object;

  constructor(value: unknown) {
    this.#value = typeof value === 'object' && value !== null ? value : {};
  }

  get(name: string): unknown {
    return Object.hasOwn(this.#value, name) ? (Reflect.get(this.#value, name) as unknown) : undefined;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  number(name: string, otherwise = Number.NaN): number {
    const value = this.get(name) ?? otherwise;
    return typeof value === 'number' ? value : Number.NaN;
  }
}

function qwen25(
  width: number,
  layers: number,
  hidden: number,
  heads: number,
  sharedHeads: number,
  vocabulary: number,
  tied: boolean,
): Architecture['text'] {
  return { width, layers, hidden, heads, sharedHeads, headWidth: 128, vocabulary, tied };
}

function qwen3(width: number, hidden: number, tied: boolean): Architecture['text'] {
  return { width, layers: 36, hidden, heads: 32, sharedHeads: 8, headWidth: 128, vocabulary: 151_936, tied };
}

function tower25(): Architecture['vision'] {
  return { width: 1280, layers: 32, hidden: 3420, patchPx: 14, merge: 2, places: 0, taps: 0 };
}

function tower3(width: number, layers: number, hidden: number): Architecture['vision'] {
  return { width, layers, hidden, patchPx: 16, merge: 2, places: 2304, taps: 3 };
}
