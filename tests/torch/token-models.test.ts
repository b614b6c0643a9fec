import { describe, expect, it } from 'vitest';
import type { ModelParts } from '../../activities/torch/model.js';
import { TokenModels, type ModelFactory } from '../../activities/torch/models.js';

const PARTS: ModelParts = {
  model: { type: 'tiny', family: 'qwen2.5-vl', seed: 1 },
  adapter: { type: 'none' },
  dtype: 'fp32',
  gradientCheckpointing: false,
  contextTokens: null,
};
const CHECKPOINTING = { ...PARTS, gradientCheckpointing: true };
const DEVICE = { device: 'cpu', threads: 1 } as const;

/** Models by what was asked to be made, and which of them were ended. */
function made(options?: { readonly trains: boolean }) {
  const asked: ModelParts[] = [];
  const ended: ModelParts[] = [];
  const create = (async (parts: ModelParts) => {
    asked.push(parts);
    return { close: async () => void ended.push(parts) };
  }) as unknown as ModelFactory;
  const models = new TokenModels(create, options);
  return { use: (parts: ModelParts) => models.use(parts, DEVICE, async (model) => model), asked, ended };
}

describe('the models of a worker', () => {
  it('change places where only the room that they take is another', async () => {
    const { use, asked, ended } = made();
    expect(await use(PARTS)).toBe(await use({ ...PARTS }));
    expect(await use(CHECKPOINTING)).not.toBe(await use(PARTS));
    await use({ ...PARTS, contextTokens: 512 });
    expect(asked).toEqual([PARTS, CHECKPOINTING, PARTS, { ...PARTS, contextTokens: 512 }]);
    expect(ended).toEqual([PARTS, CHECKPOINTING, PARTS]);
  });

  it('are one whichever way gradients would be computed, where they only sample: a run that turns checkpointing on loads no second', async () => {
    const { use, asked } = made({ trains: false });
    expect(await use(CHECKPOINTING)).toBe(await use(PARTS));
    expect(asked).toEqual([PARTS]);
  });
});
