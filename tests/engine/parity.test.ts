import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ratesAt } from '../../domain/schedules.js';
import { EmbeddedEngine } from '../../engine/embedded-engine.js';
import { parameters } from '../../engine/policy/spec.js';
import { distance, GOLDEN_FILE, kept, parted, readReference, SIZE, sizeOf } from './parity/golden.js';
import { COMPARED_AFTER, OPTIMIZER, parityWeights, SPEC, STEPS } from './parity/inputs.js';
import { ours, OBJECTIVES, type Numbers } from './parity/ours.js';

/**
 * The engine against numbers that PyTorch has made (`golden/make.py`; the file's metadata name the versions), in fp32.
 * Relative means: max |ours − PyTorch's| ≤ 1e-4 · max |PyTorch's|, each tensor by itself.
 */
const WITHIN = 1e-4;
/** Weights barely move from where both began, so how they moved is compared too: the norm of the difference. */
const MOVED_WITHIN = 1e-3;

const { numbers: golden, told, versions } = readReference(GOLDEN_FILE);
const names = parameters(SPEC).map(({ name }) => name);
const engine = new EmbeddedEngine(SPEC, { threads: 1 });
afterAll(() => engine.close());

describe('the golden numbers', () => {
  it('say which versions made them', () => {
    expect(Object.keys(versions).sort()).toEqual(['python', 'safetensors', 'torch']);
  });

  it('come from steps that were clipped and steps that were not, and from ratios beyond both ends', () => {
    for (const { clippedSteps } of [told.plain, told.dense, told.grpo]) {
      expect(clippedSteps).toBeGreaterThan(5);
      expect(clippedSteps).toBeLessThan(STEPS - 5);
    }
    for (const count of told.grpo.clippedAboveAndBelow) expect(count).toBeGreaterThan(5);
  });
});

it('warm-up and cosine decay give the rates of LinearLR and CosineAnnealingLR', () => {
  expect(told.rates).toHaveLength(STEPS);
  told.rates.forEach((rate, step) => {
    expect(Math.abs(ratesAt(step, STEPS, OPTIMIZER).lr / rate - 1)).toBeLessThan(1e-9);
  });
});

describe.each(OBJECTIVES)('under the objective %s', (objective) => {
  let numbers: Numbers;
  beforeAll(async () => {
    numbers = await ours(engine, objective, (batch, name) => golden.get(`${batch}/${name}`)!);
  }, 120_000);

  /** The worst distance over the tensors named, with the name: a failure says which tensor it was. */
  function worst(keys: readonly string[]): { readonly off: number; readonly name: string } {
    const all = keys.flatMap((name) => {
      const mine = numbers.get(name)!;
      const size = golden.get(SIZE + name)!;
      const [, most] = size as unknown as readonly [number, number];
      return [
        { off: distance(kept(name, mine), golden.get(name)!, most), name },
        ...[0, 1].map((i) => ({ off: Math.abs(sizeOf(mine)[i]! / size[i]! - 1), name: `${name}, size` })),
      ];
    });
    return all.reduce((a, b) => (b.off > a.off || Number.isNaN(b.off) ? b : a));
  }

  it('the losses are those of PyTorch', () => {
    const losses = [...golden.keys()].filter((name) => name.startsWith(`${objective}/loss/`));
    expect(losses).toHaveLength(objective === 'plain' ? 1 : 2);
    expect(worst(losses)).toSatisfy(near);
  });

  it('every gradient is that of PyTorch', () => {
    expect(worst(names.map((name) => `${objective}/grad/${name}`))).toSatisfy(near);
  });

  it('the global norm before clipping is that of PyTorch in every step', () => {
    expect(worst([`${objective}/gradNorms`])).toSatisfy(near);
  });

  it.each(COMPARED_AFTER)('the weights after %i steps are those of PyTorch', (steps) => {
    expect(worst(names.map((name) => `${objective}/after${steps}/${name}`))).toSatisfy(near);
  });

  it.each(COMPARED_AFTER)('the weights have moved in %i steps as those of PyTorch have', (steps) => {
    for (const [name, start] of parityWeights()) {
      const key = `${objective}/after${steps}/${name}`;
      const apart = parted(kept(key, numbers.get(key)!), golden.get(key)!, kept(key, start));
      expect(apart, key).toBeLessThan(MOVED_WITHIN);
    }
  });
});

function near({ off }: { readonly off: number }): boolean {
  return off <= WITHIN;
}
