import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DataFailure, UserError } from '../../domain/failures.js';
import { grpoLoss } from '../../domain/objective/grpo.js';
import { sftLoss } from '../../domain/objective/sft.js';
import { stream } from '../../domain/seeds.js';
import { startProcess, type TorchProcess } from '../../infra/torch/process.js';
import { asking, noise, python, scratch, skipped, TINY } from './support.js';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });
const { dir, logFile, remove } = scratch();
const blobs = [noise('door')];
let torch: TorchProcess;

/** The verbs as they are on the socket: one process, one model after the other. */
async function ask<T = Record<string, unknown>>(verb: string, params: object): Promise<T> {
  return (await torch.connection.request(verb, params, { blobs })).result as T;
}

interface State {
  readonly weights: { readonly path: string; readonly sha256: string };
}

describe.skipIf(python.path === null)(`models and objectives of the torch engine${skipped}`, () => {
  beforeAll(async () => {
    torch = await startProcess({ python: python.path!, logFile });
  });
  afterAll(async () => {
    await torch.close();
    remove();
  });

  it('computes GRPO as domain/objective does, loss, parts and gradient, on random inputs', async () => {
    for (let round = 0; round < 5; round++) {
      const { tokens, objective, tokenCount } = randomTokens(round);
      const on = (values: readonly number[]): number[] => values.filter((_, t) => tokens.mask_T[t] === 1);
      const ours = (logProbs_T: readonly number[]): number =>
        grpoLoss({ ...tokens, logProbs_T }, objective, tokenCount).loss;
      const theirs = await ask<Value>('objective', {
        objective: { type: 'grpo', ...objective },
        tokenCount,
        logProbs: on(tokens.logProbs_T),
        old: on(tokens.oldLogProbs_T),
        reference: on(tokens.referenceLogProbs_T),
        advantages: on(tokens.advantages_T),
      });
      const expected = grpoLoss(tokens, objective, tokenCount);
      expect(theirs.loss).toBeCloseTo(expected.loss, 12);
      for (const part of ['policyLoss', 'kl', 'clipped', 'largestLogRatio'] as const)
        expect(theirs.stats[part], part).toBeCloseTo(expected[part], 12);
      close(theirs.gradient, on(slopes(ours, tokens.logProbs_T)));
    }
  });

  it('computes the supervised loss as domain/objective does', async () => {
    const { tokens, tokenCount } = randomTokens(9);
    const logProbs = tokens.logProbs_T.filter((_, t) => tokens.mask_T[t] === 1);
    const theirs = await ask<Value>('objective', { objective: { type: 'sft' }, tokenCount, logProbs });
    expect(theirs.loss).toBeCloseTo(sftLoss(tokens.logProbs_T, tokens.mask_T, tokenCount), 12);
    close(
      theirs.gradient,
      logProbs.map(() => -1 / tokenCount),
    );
  });

  it('trains a whole Qwen3-VL until it knows a fixed batch, with activations recomputed', async () => {
    const model = { type: 'tiny', family: 'qwen3-vl', seed: 1 };
    const loaded = await ask('load', { model, adapter: { type: 'full' }, gradientCheckpointing: true });
    expect(loaded).toMatchObject({ family: 'qwen3_vl', adaptation: { type: 'full' } });
    expect(loaded['trainable']).toBe(loaded['parameters']);
    const messages = [...asking('what?', 0).messages, { role: 'assistant', text: '<answer>42</answer>' }];
    const update = { objective: { type: 'sft' }, microBatch: 1, sequences: [{ conversation: { messages } }] };
    const losses: number[] = [];
    for (let step = 0; step < 40; step++) {
      losses.push((await ask<{ loss: number }>('forwardBackward', update)).loss);
      await ask('optimStep', { lr: 0.005, calls: 1 });
    }
    expect(losses.at(-1)).toBeLessThan(losses[0]! / 4);
    const requests = [{ conversation: asking('what?', 0), seed: 1 }];
    const said = await ask<{ messages: readonly { text: string; finish: string }[] }>('sample', {
      requests,
      greedy: true,
      maxTokens: 20,
    });
    expect(said.messages[0]).toMatchObject({ text: '<answer>42</answer>', finish: 'end' });
  });

  it('refuses weights of another model or adapter, and a file that is not what its name says', async () => {
    await ask('load', TINY);
    const { weights } = await ask<State>('saveState', { folder: dir });
    const { sha256 } = weights;
    const spoiled = ask('loadState', { weights: { path: logFile, sha256 } });
    await expect(spoiled).rejects.toThrow(`${logFile}: expected SHA-256 ${sha256}, got `);
    await expect(spoiled).rejects.toBeInstanceOf(DataFailure);
    await ask('load', { ...TINY, adapter: { type: 'lora', rank: 2, alpha: 8 } });
    await expect(ask('loadState', { weights })).rejects.toThrow('it belongs to another model or adapter');
    await ask('load', { ...TINY, model: { ...TINY.model, seed: 2 } });
    await expect(ask('loadState', { weights })).rejects.toThrow('expected base ');
  });

  it('says without an adapter what it says with a fresh one, keeps its weights in their precision, and trains nothing', async () => {
    const requests = [{ conversation: asking('what?', 0), seed: 3 }];
    const sample = { requests, greedy: false, maxTokens: 16 };
    await ask('load', TINY);
    const fresh = await ask<{ messages: readonly Said[] }>('sample', sample);
    const none = { ...TINY, adapter: { type: 'none' } };
    expect(await ask('load', none)).toMatchObject({ trainable: 0, adaptation: { type: 'none' } });
    const { messages } = await ask<{ messages: readonly Said[] }>('sample', sample);
    expect(messages).toEqual(fresh.messages);
    const conversation = {
      messages: [...asking('what?', 0).messages, { role: 'assistant', text: '<answer>4</answer>' }],
    };
    const update = { objective: { type: 'sft' }, microBatch: 1, sequences: [{ conversation }] };
    await expect(ask('forwardBackward', update)).rejects.toThrow('adapter none: nothing of it trains');
    expect(await ask('load', { ...none, dtype: 'bf16' })).toMatchObject({ dtype: 'bf16' });
    expect(
      (await ask<{ messages: readonly Said[] }>('sample', sample)).messages[0]!.tokens.length,
    ).toBeGreaterThan(0);
  });

  it('computes in bf16 over adapters kept in float32', async () => {
    expect(await ask('load', { ...TINY, dtype: 'bf16' })).toMatchObject({ dtype: 'bf16' });
    const requests = [{ conversation: asking('what?', 0), seed: 3 }];
    const said = await ask<{ messages: readonly Said[] }>('sample', {
      requests,
      greedy: false,
      maxTokens: 16,
    });
    const { tokens, mask, logProbs } = said.messages[0]!;
    const messages = [...asking('what?', 0).messages, { role: 'assistant', tokens, mask, logProbs }];
    const grpo = { objective: { type: 'grpo', clipLow: 0.2, clipHigh: 0.2, kl: 0 }, microBatch: 1 };
    const sequences = [{ conversation: { messages }, advantage: 1 }];
    const { largestLogRatio } = await ask<{ largestLogRatio: number }>('forwardBackward', {
      ...grpo,
      sequences,
    });
    // Sampler and trainer differ by bf16's rounding, and the step says by how much.
    expect(largestLogRatio).toBeLessThan(0.1);
    await ask('optimStep', { lr: 0.01, calls: 1 });
  });

  it('names all that a model folder lacks, a family that it does not know, and a GPU that is not there', async () => {
    const folder = join(dir, 'model');
    const load = { model: { type: 'folder', path: folder }, adapter: { type: 'full' } };
    await expect(ask('load', load)).rejects.toThrow(`there is no folder ${folder}`);
    mkdirSync(folder);
    writeFileSync(join(folder, 'pytorch_model.bin'), '');
    const index = {
      weight_map: { a: 'model-00001-of-00002.safetensors', b: 'model-00002-of-00002.safetensors' },
    };
    writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify(index));
    const lacking = ask('load', load);
    await expect(lacking).rejects.toBeInstanceOf(UserError);
    await expect(lacking).rejects.toThrow(
      'lacks config.json, tokenizer.json, preprocessor_config.json, model-00001-of-00002.safetensors, ' +
        'model-00002-of-00002.safetensors. Pickled weights (.bin, .pt) are not read',
    );
    for (const name of ['tokenizer.json', 'preprocessor_config.json', ...Object.values(index.weight_map)])
      writeFileSync(join(folder, name), '{}');
    writeFileSync(join(folder, 'config.json'), '{"model_type": "llava"}');
    await expect(ask('load', load)).rejects.toThrow(
      'expected a model of type qwen2_5_vl or qwen3_vl, got llava',
    );
    const onGpu = await ask('load', { ...TINY, device: 'cuda' }).catch((error: unknown) => error);
    if (onGpu instanceof UserError)
      expect(onGpu.message).toMatch(/^compute\.device is cuda, but PyTorch .* no CUDA/);
    else expect(onGpu).toMatchObject({ device: 'cuda' });
    await expect(ask('sample', { requests: [], greedy: true, maxTokens: 1 })).rejects.toThrow(
      'sample before load',
    );
  });
});

interface Value {
  readonly loss: number;
  readonly gradient: readonly number[];
  readonly stats: Readonly<Record<string, number>>;
}

interface Said {
  readonly tokens: readonly number[];
  readonly mask: readonly number[];
  readonly logProbs: readonly number[];
}

/** Ratios on both sides of both clips, advantages of both signs. */
function randomTokens(round: number) {
  const random = stream(7, 'objective', round);
  const list = (make: () => number): number[] => Array.from({ length: 40 }, make);
  const logProbs_T = list(() => -3 * random.float());
  const mask_T = list(() => random.int(0, 2)) as (0 | 1)[];
  return {
    tokens: {
      logProbs_T,
      mask_T,
      oldLogProbs_T: logProbs_T.map((x) => x + 0.4 * random.normal()),
      referenceLogProbs_T: logProbs_T.map((x) => x + 0.4 * random.normal()),
      advantages_T: list(() => random.normal()),
    },
    objective: { clipLow: 0.2, clipHigh: 0.28, kl: 0.05 },
    tokenCount: 3 + mask_T.filter((on) => on === 1).length,
  };
}

/** Central differences of f at each number. */
function slopes(f: (at: readonly number[]) => number, at: readonly number[]): number[] {
  const h = 1e-6;
  return at.map((x, t) => (f(at.with(t, x + h)) - f(at.with(t, x - h))) / (2 * h));
}

function close(a: readonly number[], b: readonly number[]): void {
  expect(a.length).toBe(b.length);
  a.forEach((x, i) => expect(x).toBeCloseTo(b[i]!, 7));
}
