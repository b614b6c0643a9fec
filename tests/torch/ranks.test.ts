import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { InfrastructureFailure, UserError } from '../../domain/failures.js';
import { isNodeError } from '../../infra/home/files.js';
import type { GradientsRequest } from '../../activities/torch/model.js';
import { TorchEngine } from '../../infra/torch/torch-engine.js';
import { asking, HEIGHT, noise, python, scratch, seedOf, skipped, TINY, WIDTH } from './support.js';

const ADAM = { lr: 1e-3, beta1: 0.9, beta2: 0.999, weightDecay: 0.01, clipNorm: 1 };
const LOG_PROBS_WITHIN = 1e-5;
/** One rank and two sum in another order. Relative, of loss and norms; absolute, of weights after three steps. */
const [NUMBERS_WITHIN, WEIGHTS_WITHIN] = [1e-6, 1e-5];

vi.setConfig({ testTimeout: 600_000, hookTimeout: 600_000 });
const { dir, logFile, remove } = scratch();
const engines: TorchEngine[] = [];
afterAll(async () => {
  await Promise.all(engines.map((engine) => engine.close()));
  remove();
});

function engineOf(ranks: number, device: 'cpu' | 'cuda' = 'cpu'): TorchEngine {
  const model = { ...TINY, device, ranks, gradientCheckpointing: true };
  const engine = new TorchEngine(model, { python: python.path ?? '', logFile });
  engines.push(engine);
  return engine;
}

const blobs = [noise('door'), noise('sign')];
/** Five, in micro-batches of one, so that a rank is left without any; one shows no picture, so that it lacks what the other sees. */
const QUESTIONS = [
  asking('what is on the door?', 0),
  asking('no picture at all'),
  asking('which is longer, the first or the second?', 0, 1),
  asking('and the sign?', 1),
  asking('the door again?', 0),
];
const UPDATE: GradientsRequest = {
  objective: { type: 'sft' },
  microBatch: 1,
  sequences: QUESTIONS.map(({ messages }, i) => ({
    conversation: { messages: [...messages, { role: 'assistant', text: `<answer>4${i}</answer>` }] },
  })),
};

async function step(engine: TorchEngine): Promise<readonly number[]> {
  const { loss, calls } = await engine.forwardBackward(UPDATE, { blobs });
  const { gradNorm, weightNorm } = await engine.optimStep({ ...ADAM, calls });
  return [loss, gradNorm, weightNorm];
}

async function steps(engine: TorchEngine, count: number): Promise<readonly number[]> {
  const numbers: number[] = [];
  for (let i = 0; i < count; i++) numbers.push(...(await step(engine)));
  return numbers;
}

describe.skipIf(python.path === null)(`the torch engine on two ranks${skipped}`, () => {
  const [one, two] = [engineOf(1), engineOf(2)];

  it('computes what one rank computes, up to the order of sums', async () => {
    const alone = await steps(one, 3);
    const both = await steps(two, 3);
    const apart = both.map((x, i) => Math.abs(x - alone[i]!) / alone[i]!);
    expect(Math.max(...apart)).toBeLessThan(NUMBERS_WITHIN);
    const [mine, theirs] = [await one.saveState(dir), await two.saveState(dir)];
    expect(distance(tensorsOf(mine.weights.path), tensorsOf(theirs.weights.path))).toBeLessThan(
      WEIGHTS_WITHIN,
    );
  });

  it('samples, scores and embeds with given weights as one rank does, up to rounding', async () => {
    const { weights } = await one.saveState(dir);
    const requests = [{ conversation: QUESTIONS[0]!, seed: seedOf('message') }];
    const sampling = { greedy: false, temperature: 1, topP: 0.95, maxTokens: 12, requests, weights };
    const [[mine], [theirs]] = [await one.sample(sampling, { blobs }), await two.sample(sampling, { blobs })];
    expect(theirs!.tokens).toEqual(mine!.tokens);
    expect(distance(theirs!.logProbs, mine!.logProbs)).toBeLessThan(LOG_PROBS_WITHIN);
    const conversations = UPDATE.sequences.map(({ conversation }) => conversation);
    const asked = { conversations, weights };
    const [scored, expected] = [await two.logProbs(asked, { blobs }), await one.logProbs(asked, { blobs })];
    expect(distance(scored.flat(), expected.flat())).toBeLessThan(LOG_PROBS_WITHIN);
    const pictures = [{ blob: 0, form: 'rgb', widthPx: WIDTH, heightPx: HEIGHT }] as const;
    const [seen, looked] = [
      await two.embed({ pictures }, { blobs }),
      await one.embed({ pictures }, { blobs }),
    ];
    expect(distance(seen.features, looked.features)).toBeLessThan(LOG_PROBS_WITHIN);
  });

  it('stops all ranks at one place where it is cancelled, without any gradients', async () => {
    const cancelled = new AbortController();
    const sequences = Array.from({ length: 400 }, (_, i) => UPDATE.sequences[i % 5]!);
    const running = two.forwardBackward(
      { ...UPDATE, sequences },
      { blobs, signal: cancelled.signal, onProgress: ({ done }) => done > 0 && cancelled.abort() },
    );
    await expect(running).rejects.toThrow(/aborted/);
    await expect(two.optimStep({ ...ADAM, calls: 1 })).rejects.toThrow('there are those of 0');
  });

  it('ends whole when a rank is killed, and goes on from its last saved state to identical bytes', async () => {
    const saved = await two.saveState(dir);
    await steps(two, 2);
    const unbroken = await two.saveState(dir);
    const { ranks } = await two.start();
    const sequences = Array.from({ length: 400 }, (_, i) => UPDATE.sequences[i % 5]!);
    const running = two.forwardBackward(
      { ...UPDATE, sequences },
      { blobs, onProgress: ({ done }) => done > 0 && kill(ranks[1]!) },
    );
    await expect(running).rejects.toBeInstanceOf(InfrastructureFailure);
    await expect(running).rejects.toThrow('rank 1 of 2 ended by signal 9');
    await expect.poll(() => ranks.map(isAlive), { timeout: 60_000 }).toEqual([false, false]);
    await expect(two.optimStep({ ...ADAM, calls: 1 })).rejects.toThrow('what was trained is gone');
    await two.loadState(saved);
    await steps(two, 2);
    const resumed = await two.saveState(dir);
    expect(resumed.weights.sha256).toBe(unbroken.weights.sha256);
    expect(resumed.optimizer.sha256).toBe(unbroken.optimizer.sha256);
  });

  it('saves what any number of ranks loads: 2 → 1 → 2 without a step is the same state', async () => {
    const saved = await two.saveState(dir);
    expect(await one.loadState(saved)).toEqual({ steps: 5 });
    const passed = await one.saveState(dir);
    expect(passed).toEqual(saved);
    const [, norm] = await step(one);
    const stepped = await one.saveState(dir);
    await two.loadState(passed);
    const [, same] = await step(two);
    expect(Math.abs(norm! - same!) / norm!).toBeLessThan(NUMBERS_WITHIN);
    await two.loadState(stepped);
    expect(await two.saveState(dir)).toEqual(stepped);
  });

  it('refuses more ranks than there are CUDA devices, by name', async () => {
    const refused = engineOf(64, 'cuda').start();
    await expect(refused).rejects.toBeInstanceOf(UserError);
    await expect(refused).rejects.toThrow(
      /^compute\.(device is cuda|ranks is 64), but PyTorch .*finds (no|\d+) CUDA device/,
    );
  });

  it('leaves no rank behind when the first is killed', async () => {
    const { ranks } = await two.start();
    expect(ranks.map(isAlive)).toEqual([true, true]);
    kill(ranks[0]!);
    await expect.poll(() => ranks.map(isAlive), { timeout: 60_000 }).toEqual([false, false]);
  });
});

function kill(pid: number): void {
  if (isAlive(pid)) process.kill(pid, 'SIGKILL');
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (isNodeError(error) && error.code === 'ESRCH') return false;
    throw error;
  }
}

/** All numbers of a safetensors file of float32, in its order. */
function tensorsOf(path: string): Float32Array {
  const bytes = readFileSync(path);
  const begin = 8 + Number(bytes.readBigUInt64LE(0));
  return new Float32Array(Uint8Array.from(bytes.subarray(begin)).buffer);
}

function distance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (x, i) => Math.abs(x - b[i]!)));
}
