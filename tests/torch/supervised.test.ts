import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { TrainingSet } from '../../activities/contract.js';
import { ConversationBatch } from '../../activities/torch/conversations.js';
import { torchPolicy } from '../../activities/torch/policy.js';
import { InfrastructureFailure } from '../../domain/failures.js';
import type { CheckpointRef } from '../../domain/refs.js';
import { python, scratch, skipped } from './support.js';
import { SmallTorchTraining } from './small-training.js';

// Loading PyTorch takes its time on a busy machine.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });
const { dir, remove } = scratch();
const training = new SmallTorchTraining(dir);
afterAll(async () => {
  await training.close();
  remove();
});

describe.skipIf(python.path === null)(`supervised training on the torch engine${skipped}`, () => {
  let set: TrainingSet;
  let base: CheckpointRef;
  beforeAll(async () => {
    const data = await training.data();
    const { ref, count } = await training.synthesize(data);
    set = { data, parts: [ref], count };
    base = await training.start('base');
  });

  it('shows an answer behind the very prompt that it would be sampled from', async () => {
    const policy = torchPolicy(training.curriculum.policy);
    for (const { opening, said, looked } of await training.demonstrations(set)) {
      for (const final of [false, true]) {
        const batch = new ConversationBatch(policy);
        const prompt = batch.conversation(opening, said.slice(0, -1), looked, final);
        const whole = batch.whole(opening, said, looked, final);
        const options = { blobs: await batch.blobs(training.store) };
        const { tokens: before } = await training.engine.encode(
          { conversation: prompt, prompt: true },
          options,
        );
        const { tokens, mask, texts } = await training.engine.encode({ conversation: whole }, options);
        expect(tokens.slice(0, before.length)).toEqual(before);
        // The template ends a message with a line feed, which nobody chose.
        expect(texts.slice(before.length).join('')).toBe(`${said.at(-1)!.text}<|im_end|>\n`);
        expect(mask.slice(before.length, -1)).not.toContain(0);
        const learned = said.slice(0, -1).some(({ learn }) => learn);
        expect(mask.slice(0, before.length).includes(1)).toBe(learned);
        expect(texts.join('').includes(policy.prompt.final.trim())).toBe(final);
      }
    }
  });

  it('lowers the loss on a fixed batch, and says rate, norm and tokens', async () => {
    const first = await training.train('fixed', set, base, [0, 1]);
    const middle = await training.train('fixed', set, first.checkpoint, [1, 5]);
    const last = await training.train('fixed', set, middle.checkpoint, [5, 6]);
    expect(last.metrics['loss']).toBeLessThan(0.8 * first.metrics['loss']!);
    expect(first.metrics).toMatchObject({ lr: 0.005 });
    expect(first.metrics['gradNorm']).toBeGreaterThan(0);
    expect(first.metrics['tokens']).toBeGreaterThan(set.count * 10);
  });

  it('ends with the same bytes when the process is killed between two activities, and inside one', async () => {
    const half = await training.train('whole', set, base, [0, 3]);
    const whole = await training.train('whole', set, half.checkpoint, [3, 6]);

    const before = await training.train('between', set, base, [0, 3]);
    expect(before.checkpoint.weights.sha256).toBe(half.checkpoint.weights.sha256);
    await training.kill();
    const between = await training.train('between', set, before.checkpoint, [3, 6]);
    expect(between.checkpoint.weights.sha256).toBe(whole.checkpoint.weights.sha256);

    const again = await training.train('inside', set, base, [0, 3]);
    const cut = training.train('inside', set, again.checkpoint, [3, 6]);
    // It has taken a step that no checkpoint knows of.
    await Promise.all([
      expect(cut).rejects.toBeInstanceOf(InfrastructureFailure),
      vi
        .waitUntil(() => training.engine.trained === null, { timeout: 60_000, interval: 1 })
        .then(() => training.kill()),
    ]);
    const inside = await training.train('inside', set, again.checkpoint, [3, 6]);
    expect(inside.checkpoint.weights.sha256).toBe(whole.checkpoint.weights.sha256);
    expect(inside.metrics).toEqual(whole.metrics);
  });

  it('finds what an earlier attempt committed', async () => {
    const once = await training.train('whole', set, base, [0, 3]);
    const { checkpoint } = await training.train('whole', set, base, [0, 3]);
    expect(checkpoint).toEqual(once.checkpoint);
  });
});
