import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ConversationTurn } from '../../domain/conversation/records.js';
import { DataFailure, UserError } from '../../domain/failures.js';
import { TorchPolicyEngine } from '../../infra/torch/policy-engine.js';
import type { LoadRequest } from '../../infra/torch/schema.js';
import { TorchEngine } from '../../infra/torch/torch-engine.js';
import { policyEngineContract, type EngineUnderTest } from '../contracts/policy-engine.js';
import { withPictures } from '../openai/support/with-pictures.js';
import { python, scratch, skipped, TINY } from './support.js';

// Loading PyTorch takes its time on a busy machine.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

function underTest(load: LoadRequest): EngineUnderTest {
  const { logFile, remove } = scratch();
  const torch = new TorchEngine(load, { python: python.path ?? '', logFile });
  const engine = new TorchPolicyEngine(torch, { model: 'tiny' });
  return withPictures(engine, {
    frames: 2,
    maxTokens: 16,
    close: async () => {
      await torch.close();
      remove();
    },
  });
}

const QWEN3: LoadRequest = { ...TINY, model: { type: 'tiny', family: 'qwen3-vl', seed: 1 } };

describe.skipIf(python.path === null)(`the torch engine as a policy engine${skipped}`, () => {
  policyEngineContract('torch, with a tiny Qwen2.5-VL', async () => underTest(TINY));
  policyEngineContract('torch, with a tiny Qwen3-VL', async () => underTest(QWEN3));

  describe('in particular', () => {
    let under: EngineUnderTest;
    beforeAll(() => {
      under = underTest({ ...TINY, contextTokens: 4096 });
    });
    afterAll(() => under.close());

    it('keeps what it sampled: tokens, mask and log-probabilities, those of the forced beginning left out', async () => {
      const asked = under.request([], { final: true, protocol: 'text' });
      const { text, sampled, logProbs, spent } = await under.engine.sample({
        ...asked,
        sampling: { ...asked.sampling, logProbs: true, temperature: 1 },
      });
      expect(text.startsWith('<answer>')).toBe(true);
      const { tokens, mask, logProbs: all } = sampled!;
      expect([mask.length, all.length]).toEqual([tokens.length, tokens.length]);
      const chosen = all.filter((_, t) => mask[t] === 1);
      expect(chosen.length).toBeLessThan(tokens.length);
      expect(logProbs!.map(({ logProb }) => logProb)).toEqual(chosen);
      expect(spent.completionTokens).toBe(chosen.length);
      // Each by its own text; one that is part of a character alone has none of its own.
      const readable = logProbs!.map(({ token }) => token).filter((token) => /^[ -~]+$/.test(token));
      expect(readable.length).toBeGreaterThan(0);
      for (const token of readable.filter((one) => !one.startsWith('<|'))) expect(text).toContain(token);
    });

    it('goes on from the very tokens that it said, not from how they read', async () => {
      const first = await under.engine.sample(under.request([], { final: false, protocol: 'text' }));
      const turn: ConversationTurn = { spoken: first, looked: await under.look(first) };
      const promptTokens = async (one: ConversationTurn): Promise<number> =>
        (await under.engine.sample(under.request([one], { final: false, protocol: 'text' }))).spent
          .promptTokens;
      const tokens = [...first.sampled!.tokens, ...first.sampled!.tokens];
      const double = {
        tokens,
        mask: tokens.map(() => 1 as const),
        logProbs: tokens.map(() => 0),
      };
      const twice = { ...turn, spoken: { ...first, sampled: double } };
      expect((await promptTokens(twice)) - (await promptTokens(turn))).toBe(first.sampled!.tokens.length);
    });

    it('says the sum where pictures outgrow the context: at once to the person, later of that conversation alone', async () => {
      const asked = under.request([], { final: false, protocol: 'text' });
      const wide = { ...asked, sampling: { ...asked.sampling, maxTokens: 4096 } };
      const refused = under.engine.sample(wide);
      await expect(refused).rejects.toBeInstanceOf(UserError);
      await expect(refused).rejects.toThrow(/^2 pictures of \d+ tokens in all .* and contextTokens is 4096/);
      const first = await under.engine.sample(asked);
      const turns = [{ spoken: first, looked: await under.look(first) }];
      const later = under.request(turns, { final: false, protocol: 'text' });
      await expect(
        under.engine.sample({ ...later, sampling: { ...later.sampling, maxTokens: 4096 } }),
      ).rejects.toBeInstanceOf(DataFailure);
    });

    it('refuses tool calls, which it has not', async () => {
      await expect(
        under.engine.sample(under.request([], { final: false, protocol: 'tools' })),
      ).rejects.toBeInstanceOf(UserError);
    });
  });
});
