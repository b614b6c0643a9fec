import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Shard } from '../../activities/contract.js';
import type { SampledText, SampleMessages, StateFile } from '../../activities/torch/model.js';
import { TokenModels } from '../../activities/torch/models.js';
import type { Conversation } from '../../domain/conversation/tokenized.js';
import { DataFailure, InfrastructureFailure, UserError } from '../../domain/failures.js';
import { refuseAbsentModel } from '../../infra/torch/preflight.js';
import { engineSources, findPython } from '../../infra/torch/python.js';
import type { LoadRequest } from '../../infra/torch/schema.js';
import { TorchEngine } from '../../infra/torch/torch-engine.js';
import { VllmModel } from '../../infra/torch/vllm.js';
import { COMPUTE, POLICY, SmallShard, STAGE } from './small-shard.js';
import { asking, noise, python, scratch, seedOf } from './support.js';

/** Largest |log π(vLLM) − log π(trainer)| with equal weights in float32 on a CPU; measured: 5e-6. */
const AGREE_WITHIN = 2e-5;
/** What weights of another step are away, at least; measured: 0.5. */
const STALE_BEYOND = 0.05;
const ADAM = { lr: 0.02, beta1: 0.9, beta2: 0.999, weightDecay: 0, clipNorm: 1 };
const SAMPLING = { greedy: false, temperature: 1, topP: 1, maxTokens: 24, stop: ['</answer>'] };

const CONTEXT = 2048;

const vllm = await findPython('vllm');
const missing = [python, vllm].flatMap((found) => (found.path === null ? [found.reason] : []));
const skipped = missing.length > 0 ? ` (skipped: ${missing.join('; ')})` : '';
if (skipped) process.stderr.write(`Tests of sampling through vLLM are skipped: ${missing.join('; ')}\n`);

// vLLM takes half a minute to start on a busy machine.
vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });
const { dir, logFile, remove } = scratch();
const models: VllmModel[] = [];
afterAll(async () => {
  for (const model of models) await model.close();
  remove();
});

const blobs = [noise('door'), noise('sign')];
const QUESTIONS: readonly Conversation[] = [
  asking('what is on the door?', 0),
  asking('which is longer, the first or the second?', 0, 1),
  asking('no picture at all'),
];
const REQUESTS: SampleMessages['requests'] = QUESTIONS.map((conversation, i) => ({
  conversation,
  seed: seedOf(`message ${i}`),
  ...(i === 1 ? { forced: '<answer>' } : {}),
}));

/** A model in a folder, with an engine and vLLM over it, and the files of two states of its training. */
class Trained {
  readonly engine: TorchEngine;
  readonly model: VllmModel;
  readonly states: StateFile[] = [];

  constructor(family: 'qwen2.5-vl' | 'qwen3-vl', adapter: LoadRequest['adapter']) {
    const path = join(dir, family);
    // vLLM's attention on a CPU takes heads of 32 and more.
    const args = ['-m', 'ruminate_torch.tiny', path, '--family', family, '--heads', '2'];
    const env = { ...process.env, PYTHONPATH: engineSources() };
    execFileSync(python.path!, args, { env, stdio: 'pipe' });
    const load = { model: { type: 'folder', path }, adapter, contextTokens: CONTEXT } as const;
    const device = { device: 'cpu', dtype: 'fp32', threads: 1 } as const;
    this.engine = new TorchEngine({ ...load, ...device }, { python: python.path!, logFile });
    this.model = new VllmModel(
      this.engine,
      { ...load, ...device, memoryShare: 0.4, rows: 3 },
      { python: vllm.path!, logFile },
    );
    models.push(this.model);
  }

  async train(): Promise<void> {
    const sequences = QUESTIONS.map(({ messages }, i) => ({
      conversation: {
        messages: [...messages, { role: 'assistant', text: `<answer>${i}</answer>` } as const],
      },
    }));
    for (let step = 0; step < 2; step++) {
      for (let n = 0; n < 3; n++) {
        const { calls } = await this.engine.forwardBackward(
          { objective: { type: 'sft' }, microBatch: 3, sequences },
          { blobs },
        );
        await this.engine.optimStep({ ...ADAM, calls });
      }
      this.states.push((await this.engine.saveState(join(dir, 'states'))).weights);
    }
  }

  sample(weights: StateFile, more: Partial<SampleMessages> = {}): Promise<readonly SampledText[]> {
    return this.model.sample({ ...SAMPLING, requests: REQUESTS, weights, ...more }, { blobs });
  }

  /** Largest difference to what the trainer says of the same tokens, with these weights. */
  async distance(said: readonly SampledText[], weights: StateFile): Promise<number> {
    const conversations = said.map(({ tokens, mask, logProbs }, i) => ({
      messages: [...QUESTIONS[i]!.messages, { role: 'assistant', tokens, mask, logProbs } as const],
    }));
    const trained = (await this.engine.logProbs({ conversations, weights }, { blobs })).flat();
    const sampled = said.flatMap(({ logProbs, mask }) => logProbs.filter((_, i) => mask[i] === 1));
    expect(sampled).toHaveLength(trained.length);
    return Math.max(...sampled.map((logProb, i) => Math.abs(logProb - trained[i]!)));
  }
}

describe.skipIf(skipped !== '')(`sampling through vLLM${skipped}`, () => {
  describe('of a LoRA on a Qwen2.5-VL', () => {
    let trained: Trained;
    let first: readonly SampledText[];
    beforeAll(async () => {
      trained = new Trained('qwen2.5-vl', { type: 'lora', rank: 4, alpha: 8 });
      await trained.train();
      first = await trained.sample(trained.states[0]!);
    });

    it('draws with the weights that are handed over, as the trainer computes them', async () => {
      const [one, two] = trained.states as [StateFile, StateFile];
      expect(await trained.distance(first, one)).toBeLessThan(AGREE_WITHIN);
      expect(await trained.distance(first, two)).toBeGreaterThan(STALE_BEYOND);
      const second = await trained.sample(two);
      expect(await trained.distance(second, two)).toBeLessThan(AGREE_WITHIN);
      expect(await trained.distance(second, one)).toBeGreaterThan(STALE_BEYOND);
    });

    it('gives log-probabilities at temperature 1, whatever it draws at', async () => {
      const said = await trained.sample(trained.states[1]!, { temperature: 0.5, topP: 0.8 });
      expect(await trained.distance(said, trained.states[1]!)).toBeLessThan(AGREE_WITHIN);
    });

    it('says what transformers says where nothing is drawn', async () => {
      const weights = trained.states[1]!;
      const greedy = { requests: REQUESTS, ...SAMPLING, greedy: true, weights };
      const own = await trained.engine.sample(greedy, { blobs });
      const said = await trained.sample(weights, { greedy: true });
      const plain = (messages: readonly SampledText[]) => messages.map(({ logProbs: _, ...rest }) => rest);
      expect(plain(said)).toEqual(plain(own));
      expect(said[1]!.mask.slice(0, 4)).toEqual([0, 0, 0, 1]);
    });

    it('killed, it is started again and draws the same', async () => {
      process.kill(trained.model.pids.vllm!, 'SIGKILL');
      await expect(trained.sample(trained.states[0]!)).rejects.toThrow(InfrastructureFailure);
      expect(await trained.sample(trained.states[0]!)).toEqual(first);
      // Among others, a message is what it was alone.
      expect(await trained.sample(trained.states[0]!, { rows: 3 })).toEqual(first);
    });

    it('stops between two tokens when it is cancelled, and goes on with the next', async () => {
      const cancel = new AbortController();
      const asked = {
        ...SAMPLING,
        requests: REQUESTS,
        weights: trained.states[0]!,
        ...{ rows: 3, maxTokens: 300 },
        stop: [],
      };
      const onProgress = ({ done }: { readonly done: number }): void => {
        if (done > 0.1) cancel.abort();
      };
      await expect(
        trained.model.sample(asked, { blobs, signal: cancel.signal, onProgress }),
      ).rejects.toThrow();
      expect(await trained.sample(trained.states[0]!)).toEqual(first);
    });

    it('refuses damaged weights, and says which message its context has no room for', async () => {
      const [one] = trained.states as [StateFile, StateFile];
      const damaged = trained.sample({ ...one, sha256: 'f'.repeat(64) });
      await expect(damaged).rejects.toThrow(DataFailure);
      const [none] = await trained.sample(one, { maxTokens: CONTEXT });
      expect(none).toMatchObject({ tokens: [], finish: 'context' });
      expect(none!.why).toContain('contextTokens is 2048');
      expect(await trained.sample(one)).toEqual(first);
    });

    it('is refused for CUDA where it was built for a CPU', async () => {
      if (vllm.path === null || 'vllm' in vllm.versions) return;
      const path = join(dir, 'qwen2.5-vl');
      const request = {
        adapter: { type: 'none' },
        dtype: 'fp32',
        threads: 1,
        memoryShare: 0.4,
        rows: 1,
      } as const;
      const cuda = new VllmModel(
        trained.engine,
        { ...request, model: { type: 'folder', path }, device: 'cuda' },
        { python: vllm.path, logFile },
      );
      await expect(cuda.start()).rejects.toThrow(UserError);
      // And before anything is started for a run.
      const sampler = { type: 'vllm', memoryShare: 0.4, rows: 1 } as const;
      const policy = { model: { type: 'folder', path }, sampler, contextTokens: null } as const;
      await expect(refuseAbsentModel(policy, { device: 'cuda' })).rejects.toThrow('has a vLLM for a CPU');
    });
  });

  describe('of all weights', () => {
    let trained: Trained;
    beforeAll(() => {
      trained = new Trained('qwen3-vl', { type: 'full' });
    });

    it('of a Qwen3-VL, it takes over what was trained', async () => {
      await trained.train();
      for (const weights of [...trained.states, trained.states[0]!]) {
        const said = await trained.sample(weights);
        expect(await trained.distance(said, weights)).toBeLessThan(AGREE_WITHIN);
        const other = trained.states.find(({ sha256 }) => sha256 !== weights.sha256)!;
        expect(await trained.distance(said, other)).toBeGreaterThan(STALE_BEYOND);
      }
    });

    it('a step of RL trains on what it drew, and says how far the two are apart', async () => {
      const small = new SmallShard(dir, { models: new TokenModels(() => Promise.resolve(trained.model)) });
      const data = await small.data(dir);
      const checkpoint = await small.taught(data, 48);
      const at = { run: 'run', stage: STAGE.name, step: 0 };
      const shard: Shard = {
        ...{ at, shard: 0, seed: 1, data, questions: [0, 1], groupSize: STAGE.groupSize },
        ...{ policy: POLICY, compute: COMPUTE, checkpoint },
        sampling: { greedy: false, temperature: STAGE.temperature, topP: 1, maxLooks: POLICY.maxLooks },
      };
      const rolled = await small.rollOut(shard);
      const scored = await small.scoreShard({ ...rolled, shard, encoder: checkpoint, stage: STAGE });
      const { metrics } = await small.trainRl({
        ...{ at, seed: 1, policy: POLICY, compute: COMPUTE, stage: STAGE, data, checkpoint },
        ...{ reference: checkpoint, scored: [scored.ref] },
      });
      expect(metrics['trained']).toBeGreaterThan(0);
      expect(metrics['largestLogRatio']).toBeGreaterThan(0);
      expect(metrics['largestLogRatio']).toBeLessThan(AGREE_WITHIN);
    });
  });
});
