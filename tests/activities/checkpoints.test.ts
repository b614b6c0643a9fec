import { expect, it, vi } from 'vitest';
import { POLICY, SmallTraining } from './small-training.js';

it('hands the weights that training just made to sampling as they are: no copy, and nothing read back', async () => {
  const training = new SmallTraining();
  let trained: ReadonlyMap<string, Float32Array> | undefined;
  const checkpoint = await training.start((state) => (trained = state.weights));
  const reads = vi.spyOn(training.store, 'get');
  expect(await training.checkpoints.weights(POLICY, checkpoint)).toBe(trained);
  expect((await training.checkpoints.load(POLICY, checkpoint)).weights).toBe(trained);
  expect(reads).not.toHaveBeenCalled();
  await training.close();
});
