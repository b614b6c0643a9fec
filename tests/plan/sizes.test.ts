import { describe, expect, it } from 'vitest';
import type { TorchPolicy } from '../../domain/curriculum.js';
import { adapterParameters, parametersOf, tokenSidePx } from '../../domain/plan/architecture.js';
import { conversationSize, pictureTokens } from '../../domain/plan/conversation-size.js';
import { checkpointBytes, weightMemory } from '../../domain/plan/memory.js';
import { architectureOf, knownArchitecture, tinyArchitecture } from '../../domain/plan/models.js';

/** Counted by transformers 5.23 and PEFT 0.21 (torch 2.15, on its meta device), over models of these shapes. */
const COUNTED = [
  ['Qwen2.5-VL-3B-Instruct', 3_754_622_976, 28],
  ['Qwen2.5-VL-7B-Instruct', 8_292_166_656, 28],
  ['Qwen3-VL-4B-Instruct', 4_437_815_808, 32],
  ['qwen3-vl-8b', 8_767_123_696, 32],
] as const;
const ADAPTERS_OF_7B = { rank: 32, parameters: 80_740_352 };

describe('the size of a model', () => {
  it.each(COUNTED)('%s has the parameters that transformers counts', (name, parameters, side) => {
    const known = knownArchitecture(name)!;
    expect(parametersOf(known.shape)).toBe(parameters);
    expect(tokenSidePx(known.shape)).toBe(side);
  });

  it('is that of the tiny models, both families', () => {
    expect(parametersOf(tinyArchitecture('qwen2.5-vl'))).toBe(356_416);
    expect(parametersOf(tinyArchitecture('qwen3-vl'))).toBe(532_608);
  });

  it('of adapters is what PEFT counts', () => {
    const { shape } = knownArchitecture('Qwen2.5-VL-7B-Instruct')!;
    expect(adapterParameters(shape, ADAPTERS_OF_7B.rank)).toBe(ADAPTERS_OF_7B.parameters);
  });

  it('is not guessed from a name that is nobody’s', () => {
    for (const name of ['Qwen2.5-VL-72B-Instruct', 'Qwen2.5-7B', 'my-model', 'Qwen3-VL-80B', 'xqwen3-vl-8b'])
      expect(knownArchitecture(name), name).toBeNull();
  });
});

const TEXT = {
  hidden_size: 3584,
  num_hidden_layers: 28,
  intermediate_size: 18_944,
  num_attention_heads: 28,
  num_key_value_heads: 4,
  vocab_size: 152_064,
};
const VISION = { depth: 32, hidden_size: 1280, intermediate_size: 3420, num_heads: 16, patch_size: 14 };

describe('config.json', () => {
  it('says the shape, in the form of today and in that of before', () => {
    const { shape } = knownArchitecture('qwen2.5-vl-7b')!;
    const top = { model_type: 'qwen2_5_vl', vision_config: VISION, tie_word_embeddings: false };
    expect(architectureOf({ ...top, ...TEXT })).toEqual(shape);
    expect(architectureOf({ ...top, text_config: TEXT })).toEqual(shape);
    const three = knownArchitecture('qwen3-vl-8b')!.shape;
    const config = {
      model_type: 'qwen3_vl',
      text_config: { ...TEXT, ...{ hidden_size: 4096, num_hidden_layers: 36, intermediate_size: 12_288 } },
      vision_config: { depth: 27, hidden_size: 1152, intermediate_size: 4304, patch_size: 16 },
    };
    Object.assign(config.text_config, {
      ...{ num_attention_heads: 32, num_key_value_heads: 8, head_dim: 128, vocab_size: 151_936 },
    });
    expect(architectureOf(config)).toEqual(three);
  });

  it('of another family, or with a number missing, says nothing', () => {
    expect(architectureOf({ model_type: 'llava', ...TEXT, vision_config: VISION })).toBeNull();
    const { vocab_size: _, ...cut } = TEXT;
    expect(architectureOf({ model_type: 'qwen2_5_vl', ...cut, vision_config: VISION })).toBeNull();
    expect(architectureOf({ model_type: 'qwen2_5_vl', ...TEXT, hidden_size: 'wide' })).toBeNull();
    for (const none of [null, [], 'qwen2_5_vl', 7]) expect(architectureOf(none)).toBeNull();
  });
});

describe('memory', () => {
  it('of a LoRA: 2 bytes a frozen parameter in bf16, 16 a parameter that trains, 4 where it only samples', () => {
    const lora = {
      adapter: { type: 'lora', rank: 1, alpha: 1, dropout: 0, seed: 1 },
      dtype: 'bf16',
    } as const;
    expect(weightMemory(lora, 1000, 10)).toEqual({
      ...{
        frozen: 2000,
        trained: 40,
        moments: 80,
        gradients: 40,
        trainer: 2160,
        sampler: 2040,
      },
    });
    expect(weightMemory({ ...lora, dtype: 'fp32' }, 1000, 10).frozen).toBe(4000);
  });

  it('of a full model: 16 bytes a parameter, whatever it computes in', () => {
    const full = { adapter: { type: 'full' }, dtype: 'bf16' } as const;
    expect(weightMemory(full, 1000, 1000)).toMatchObject({ frozen: 0, trainer: 16_000, sampler: 4_000 });
    expect(checkpointBytes(1000)).toBe(12_000);
  });
});

const POLICY: TorchPolicy = {
  engine: 'torch',
  model: { type: 'folder', path: '/models/any' },
  adapter: { type: 'full' },
  dtype: 'fp32',
  gradientCheckpointing: false,
  contextTokens: null,
  maxLooks: 3,
  maxTokens: 64,
  keepCheckpoints: 4,
  view: {
    ...{ fps: 1, frames: 2, format: 'png' },
    ...{ overviewPixels: 160 * 90, clipPixels: 448 * 252, cropPixels: 640 * 360 },
  },
  prompt: {
    ...{ tools: 'unused', text: 'S'.repeat(40), opening: 'O'.repeat(20), question: 'Q: {question}' },
    ...{ final: 'unused', shots: [{ user: 'U'.repeat(8), assistant: 'A'.repeat(12) }] },
  },
};

describe('a conversation', () => {
  it('has a token for each square of its pictures, rounded as the image processor rounds', () => {
    expect(pictureTokens({ widthPx: 160, heightPx: 90 }, 28)).toBe(6 * 3);
    expect(pictureTokens({ widthPx: 448, heightPx: 252 }, 28)).toBe(16 * 9);
    expect(pictureTokens({ widthPx: 640, heightPx: 360 }, 28)).toBe(23 * 13);
    expect(pictureTokens({ widthPx: 10, heightPx: 10 }, 32)).toBe(1);
  });

  it('is as long as its texts and pictures together, counted by hand', () => {
    const label = (frame: number, more: string, size: string): string =>
      `Frame ${frame}${more}, at 0:0${frame - 1}.0, ${size} pixels:`;
    const thought = `<think>${'x'.repeat(160)}</think>\n`;
    const crop = `${thought}<tool_call>{"name":"crop","arguments":{"target_frame":3,"bbox_2d":[0.125,0.25,0.625,0.5]}}</tool_call>`;
    const answer = `${thought}<answer>${'x'.repeat(12)}</answer>`;
    const texts = [
      ...['S'.repeat(40), 'U'.repeat(8), 'A'.repeat(12), 'O'.repeat(20)],
      ...[label(1, '', '160×90'), label(2, '', '160×90'), `Q: ${'x'.repeat(60)}`],
      crop,
      'crop: frame 3 at 0:02.0; the box covers 1280×720 pixels of the video, shown as 640×360. You may look 2 more times.',
      label(3, ', box [0.125, 0.25, 0.625, 0.5]', '640×360'),
      answer,
    ];
    const characters = texts.reduce((sum, text) => sum + text.length, 0);
    // Seven messages (system, two of a shot, question, call, what it gave, answer), three pictures.
    expect(conversationSize(POLICY, 28, ['crop'])).toEqual({
      pictures: 3,
      pictureTokens: 18 + 18 + 299,
      textTokens: Math.ceil(characters / 4) + 7 * 5 + 3 * 2,
      saidTokens: Math.ceil((crop.length + answer.length) / 4),
    });
  });

  it('of a tiny model is longer, because it spells', () => {
    const tiny = { ...POLICY, model: { type: 'tiny', family: 'qwen2.5-vl', seed: 1 } } as const;
    const [words, letters] = [POLICY, tiny].map((policy) => conversationSize(policy, 28, []));
    expect(letters!.saidTokens).toBeGreaterThan(3.9 * words!.saidTokens);
    expect(letters!.pictureTokens).toBe(words!.pictureTokens);
  });

  it('grows with every look, and is shorter for a model whose tokens are larger', () => {
    const tokens = (side: number, looks: readonly ('clip' | 'crop')[]): number => {
      const { textTokens, pictureTokens: shown } = conversationSize(POLICY, side, looks);
      return textTokens + shown;
    };
    const sizes = [tokens(28, []), tokens(28, ['crop']), tokens(28, ['clip']), tokens(28, ['clip', 'crop'])];
    expect(sizes).toEqual([...sizes].sort((a, b) => a - b));
    expect(new Set(sizes).size).toBe(4);
    expect(tokens(32, ['clip'])).toBeLessThan(tokens(28, ['clip']));
  });
});
