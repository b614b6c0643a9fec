import { setTimeout } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ModelDevice, ModelParts } from '../../activities/torch/model.js';
import { TokenModels } from '../../activities/torch/models.js';
import { torchEngineOf } from '../../infra/torch/from-policy.js';
import type { TorchEngine } from '../../infra/torch/torch-engine.js';
import { python, scratch, skipped } from './support.js';

// Real processes, several in each case.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });
const { logFile, remove } = scratch();
afterAll(remove);

const LINGER_MS = 1_000;

/** A tiny model by its seed. */
function parts(seed: number): ModelParts {
  return {
    model: { type: 'tiny', family: 'qwen2.5-vl', seed },
    adapter: { type: 'none' },
    ...{ dtype: 'fp32', gradientCheckpointing: false, contextTokens: null },
  };
}

const CPU: ModelDevice = { device: 'cpu', threads: 1 };
/** Counted as on a GPU, computed on the CPU. */
const GPU: ModelDevice = { device: 'cuda', threads: 1 };

let models: TokenModels;
/** Every engine that was made, in order, by the seed of its model. */
let made: { readonly seed: number; readonly engine: TorchEngine }[];

beforeEach(() => {
  made = [];
  models = new TokenModels(
    async (given, device) => {
      const engine = await torchEngineOf(given, { ...device, device: 'cpu' }, logFile);
      made.push({ seed: (given.model as { readonly seed: number }).seed, engine });
      return engine;
    },
    { lingerMs: LINGER_MS },
  );
});
afterEach(() => models.close());

const load = (seed: number, device: ModelDevice): Promise<unknown> =>
  models.use(parts(seed), device, (model) => model.start());

/** Seeds of the models whose process lives. */
function living(): readonly number[] {
  return made.filter(({ engine }) => engine.pid !== null).map(({ seed }) => seed);
}

describe.skipIf(python.path === null)(`models that a worker holds${skipped}`, () => {
  it('are the three that were used last on a CPU', async () => {
    for (const seed of [1, 2, 3]) await load(seed, CPU);
    await load(1, CPU);
    expect(living()).toEqual([1, 2, 3]);
    await load(4, CPU);
    expect(living()).toEqual([1, 3, 4]);
    expect(made).toHaveLength(4);
  });

  it('are one on a GPU, and the one before has ended when the next is loaded', async () => {
    await load(1, GPU);
    let beside: readonly number[] = [];
    await models.use(parts(2), GPU, (model) => {
      beside = living();
      return model.start();
    });
    expect(beside).toEqual([]);
    expect(living()).toEqual([2]);
  });

  it('are not ended while they are used, nor as soon as they are idle, but soon', async () => {
    let done = (): void => undefined;
    const until = new Promise<void>((resolve) => (done = resolve));
    const using = models.use(parts(1), GPU, async (model) => {
      await model.start();
      await until;
    });
    await vi.waitUntil(() => living().length === 1, { timeout: 120_000 });
    await load(2, GPU);
    // A conversation has many messages, and the other may be asked between two of them.
    await load(1, GPU);
    await load(2, GPU);
    expect(made.map(({ seed }) => seed)).toEqual([1, 2]);
    expect(living()).toEqual([1, 2]);
    await vi.waitUntil(() => living().length === 1, { timeout: 30_000 });
    expect(living()).toEqual([1]);
    done();
    await using;
    await setTimeout(2 * LINGER_MS);
    expect(living()).toEqual([1]);
  });

  it('are still their user’s when another has asked for a fresh one, and end with that use', async () => {
    await models.use(parts(1), CPU, async (model) => {
      await model.start();
      await models.use(parts(1), CPU, (fresh) => Promise.resolve(expect(fresh).not.toBe(model)), {
        fresh: true,
      });
      expect(living()).toEqual([1]);
    });
    await vi.waitUntil(() => living().length === 0, { timeout: 30_000 });
  });

  it('are none that could not be made: the next attempt makes another', async () => {
    let attempts = 0;
    const failing = new TokenModels(() => {
      attempts++;
      return Promise.reject(new Error('no Python'));
    });
    for (const _ of [1, 2])
      await expect(failing.use(parts(1), CPU, () => Promise.resolve())).rejects.toThrow('no Python');
    expect(attempts).toBe(2);
    await failing.close();
  });
});
