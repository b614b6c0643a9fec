import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createTrainRl } from '../../activities/train-rl.js';
import { createTrainSupervised } from '../../activities/train-supervised.js';
import { refuseBadLosses, refuseBadStep } from '../../activities/finite.js';
import { classify } from '../../domain/failures.js';
import { SmallTraining } from './small-training.js';

const BASE = ['runs/run/base/checkpoints/000000/MANIFEST.json'];
let training: SmallTraining;

beforeEach(() => {
  training = new SmallTraining();
});
afterEach(() => training.close());

/** The message of the BugFailure that the work ends with; nothing but the base may have been saved. */
async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(classify(error)).toBe('bug');
  expect(await training.committed()).toEqual(BASE);
  return (error as Error).message;
}

describe('a supervised stage', () => {
  it('trains and commits on numbers that are finite', async () => {
    const input = await training.supervised(await training.start());
    const { metrics } = await createTrainSupervised(training.deps)(input);
    expect(metrics['gradNorm']).toBeGreaterThan(0);
    expect(await training.committed()).toHaveLength(2);
  });

  it('refuses spoiled weights at its first step, by the first gradient and the tensor to blame', async () => {
    const start = await training.start(({ weights }) => (weights.get('layers.0.up')![5] = Number.NaN));
    const said = await refusal(createTrainSupervised(training.deps)(await training.supervised(start)));
    expect(said).toBe(
      'DRP-SFT, step 1: the gradient of embed.tokens is NaN. Nothing of this step was saved. ' +
        'The weights that the step started from are spoiled already (layers.0.up is NaN): start from an earlier checkpoint.',
    );
  });

  it('refuses weights that the optimizer spoils, though loss and gradients are finite', async () => {
    const start = await training.start();
    const input = await training.supervised(start, { optimizer: { lr: 1e39, lrEnd: 1e39 } });
    const said = await refusal(createTrainSupervised(training.deps)(input));
    expect(said).toMatch(
      /^DRP-SFT, step 1: the optimizer made embed\.tokens (NaN|-?infinity)\. .*lower learning rate/,
    );
  });

  it('stops at the step whose numbers went wrong, not at the first', async () => {
    const start = await training.start();
    // Large enough to overflow the next forward pass, and itself still finite.
    const input = await training.supervised(start, { optimizer: { lr: 1e15, lrEnd: 1e15 } });
    expect(await refusal(createTrainSupervised(training.deps)(input))).toMatch(/^DRP-SFT, step [234]: /);
  });
});

describe('an RL step', () => {
  it('trains and commits on advantages that are finite', async () => {
    const input = await training.reinforced(await training.start(), [1, -1]);
    const { metrics } = await createTrainRl(training.deps)(input);
    expect(metrics['trained']).toBe(2);
    expect(await training.committed()).toHaveLength(2);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY])(
    'refuses an advantage of %s by the first gradient, though JSON wrote it as null',
    async (advantage) => {
      const input = await training.reinforced(await training.start(), [advantage, -1]);
      const said = await refusal(createTrainRl(training.deps)(input));
      expect(said).toMatch(/^RL_d, step 3: the gradient of embed\.tokens is NaN\. Nothing of this step was/);
    },
  );
});

describe('the first bad number', () => {
  const at = {
    stage: 'S',
    step: 0,
    losses: { loss: 1, kl: Number.NEGATIVE_INFINITY },
    gradients: new Map([
      ['a', Float32Array.of(1, 2)],
      ['b', Float32Array.of(3, Number.POSITIVE_INFINITY)],
      ['c', Float32Array.of(Number.NaN)],
    ]),
    weights: new Map([['a', Float32Array.of(1)]]),
  };
  const finite = new Map([['a', Float32Array.of(1e30)]]);

  it('is looked for in parameter order', () => {
    expect(() => {
      refuseBadLosses(at);
    }).toThrow('S, step 1: the gradient of b is infinity.');
  });

  it('is the loss where every gradient is finite', () => {
    expect(() => {
      refuseBadLosses({ ...at, gradients: finite });
    }).toThrow('S, step 1: kl is -infinity.');
  });

  it('may be the norm itself: finite gradients whose squares outgrow float32', () => {
    const outcome = { gradNorm: Number.POSITIVE_INFINITY, weightNorm: 1, state: { weights: finite } };
    expect(() => {
      refuseBadStep({ ...at, gradients: finite }, outcome);
    }).toThrow('the norm of the gradients is infinity, though each is finite');
  });
});
