import { describe, expect, it } from 'vitest';
import { TokenModels, type ModelFactory, type ModelParts } from '../../activities/torch/model.js';

const PARTS: ModelParts = {
  model: { type: 'tiny', family: 'qwen2.5-vl', seed: 1 },
  adapter: { type: 'none' },
  sampler: { type: 'transformers' },
  dtype: 'fp32',
  gradientCheckpointing: false,
  contextTokens: null,
};
const CHECKPOINTING = { ...PARTS, gradientCheckpointing: true };
const DEVICE = { device: 'cpu', threads: 1 } as const;

/** Models by what was asked to be made. */
function made(options?: { readonly trains: boolean }) {
  const asked: ModelParts[] = [];
  const create = (async (parts: ModelParts) => {
    asked.push(parts);
    return {};
  }) as unknown as ModelFactory;
  return { models: new TokenModels(create, options), asked };
}

describe('the models of a worker', () => {
  it('are one for each way to compute gradients, where they train', async () => {
    const { models, asked } = made();
    expect(await models.get(PARTS, DEVICE)).toBe(await models.get({ ...PARTS }, DEVICE));
    expect(await models.get(CHECKPOINTING, DEVICE)).not.toBe(await models.get(PARTS, DEVICE));
    expect(asked).toEqual([PARTS, CHECKPOINTING]);
  });

  it('are one whichever way, where they only sample: a run that turns checkpointing on loads no second', async () => {
    const { models, asked } = made({ trains: false });
    expect(await models.get(CHECKPOINTING, DEVICE)).toBe(await models.get(PARTS, DEVICE));
    expect(asked).toEqual([PARTS]);
  });
});
