import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { InfrastructureFailure, UserError } from '../../domain/failures.js';
import { printMessage } from '../../domain/protocol/text.js';
import type { Conversation } from '../../domain/conversation/tokenized.js';
import type { GradientsRequest, SampleMessages } from '../../activities/torch/model.js';
import { TorchEngine } from '../../infra/torch/torch-engine.js';
import { asking, noise, picture, python, scratch, seedOf, skipped, TINY } from './support.js';

/** Largest |log π(sampler) − log π(trainer)| in float32 on a CPU; measured: 1e-6. */
const AGREE_WITHIN = 1e-5;
const ADAM = { lr: 0.01, beta1: 0.9, beta2: 0.999, weightDecay: 0.01, clipNorm: 1 };
const SAMPLING = { greedy: false, temperature: 1, topP: 0.95, maxTokens: 24, stop: ['</answer>'] };

// Loading PyTorch takes its time on a busy machine.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });
const { dir, logFile, remove } = scratch();
const engine = new TorchEngine(TINY, { python: python.path ?? '', logFile });
afterAll(async () => {
  await engine.close();
  remove();
});

const blobs = [noise('door'), noise('sign')];
const QUESTIONS: readonly Conversation[] = [
  asking('what is on the door?', 0),
  asking('which is longer, the first or the second?', 0, 1),
  asking('no picture at all'),
];

function requestsOf(conversations: readonly Conversation[]): SampleMessages['requests'] {
  return conversations.map((conversation, i) => ({ conversation, seed: seedOf(`message ${i}`) }));
}

/** Demonstrations: each question answered. */
const DEMONSTRATIONS: GradientsRequest = {
  objective: { type: 'sft' },
  microBatch: 2,
  sequences: QUESTIONS.map(({ messages }, i) => ({
    conversation: {
      messages: [
        ...messages,
        { role: 'assistant', text: printMessage(null, { tool: 'answer', text: `4${i}` }) },
      ],
    },
  })),
};

async function supervisedStep(): Promise<number> {
  const { loss, calls } = await engine.forwardBackward(DEMONSTRATIONS, { blobs });
  await engine.optimStep({ ...ADAM, calls });
  return loss;
}

describe.skipIf(python.path === null)(`the torch engine on a tiny Qwen2.5-VL${skipped}`, () => {
  beforeAll(async () => {
    await engine.start();
  });

  it('masks in what the policy said and nothing else (the example of docs/torch.md)', async () => {
    const turn = { tokens: [27, 286], mask: [0, 1], logProbs: [0, -0.5] } as const;
    const conversation: Conversation = {
      messages: [
        { role: 'system', content: [{ type: 'text', text: 'Look.' }] },
        ...asking('2?', 0).messages,
        { role: 'assistant', text: '<answer>4</answer>' },
        { role: 'tool', content: [{ type: 'text', text: '<|im_end|>' }, picture(1)] },
        { role: 'assistant', ...turn },
      ],
    };
    const { tokens, mask, texts } = await engine.encode({ conversation }, { blobs });
    const seen = ['<|vision_start|>', ...Array<string>(4).fill('<|image_pad|>'), '<|vision_end|>'];
    const system = ['<|im_start|>', 'system', '\n', ...'Look.', '<|im_end|>', '\n'];
    const example: readonly (readonly [readonly string[], 0 | 1])[] = [
      [[...system, '<|im_start|>', 'user', '\n', '2', '?', ...seen, '<|im_end|>', '\n'], 0],
      [['<|im_start|>', 'assistant', '\n'], 0],
      [['<', 'answer', '>', '4', '<', '/', 'answer', '>', '<|im_end|>'], 1],
      // What a video shows is text, even where it spells a special token.
      [['\n', '<|im_start|>', 'tool', '\n', '<', '|', 'i', 'm', '_', 'e', 'n', 'd', '|', '>', ...seen], 0],
      [['<|im_end|>', '\n', '<|im_start|>', 'assistant', '\n', texts.at(-4)!], 0],
      [[texts.at(-3)!], 1],
      // Cut short: the policy did not choose the end.
      [['<|im_end|>', '\n'], 0],
    ];
    expect(texts).toEqual(example.flatMap(([words]) => words));
    expect(mask).toEqual(example.flatMap(([words, on]) => words.map(() => on)));
    expect(tokens.slice(-4, -2)).toEqual(turn.tokens);
  });

  it('learns the very text that the protocol prints', async () => {
    const text = printMessage('zoom in', { tool: 'crop', targetFrame: 3, bbox01: [0, 0.25, 1, 1] });
    const messages = [...QUESTIONS[0]!.messages, { role: 'assistant', text } as const];
    const { texts, mask } = await engine.encode({ conversation: { messages } }, { blobs });
    expect(texts.filter((_, i) => mask[i] === 1).join('')).toBe(`${text}<|im_end|>`);
  });

  it('draws each message from its own seed, whatever else is drawn with it', async () => {
    const requests = requestsOf(QUESTIONS);
    const alone = await engine.sample({ ...SAMPLING, requests }, { blobs });
    const together = await engine.sample(
      { ...SAMPLING, requests: [...requests].reverse(), rows: 3 },
      { blobs },
    );
    expect(await engine.sample({ ...SAMPLING, requests }, { blobs })).toEqual(alone);
    alone.forEach((message, i) => {
      const same = together[2 - i]!;
      expect(same.tokens).toEqual(message.tokens);
      expect(distance(same.logProbs, message.logProbs)).toBeLessThan(AGREE_WITHIN);
      expect([message.mask.length, message.logProbs.length]).toEqual([
        message.tokens.length,
        message.tokens.length,
      ]);
    });
    const other = requests.map((request) => ({ ...request, seed: request.seed + 1 }));
    const drawn = await engine.sample({ ...SAMPLING, requests: other }, { blobs });
    expect(drawn[0]!.tokens).not.toEqual(alone[0]!.tokens);
  });

  it('says the same log-probabilities when it samples and when it trains, and returns the difference', async () => {
    const requests = requestsOf(QUESTIONS).map((request, i) =>
      i === 1 ? { ...request, forced: '<answer>' } : request,
    );
    const said = await engine.sample({ ...SAMPLING, requests }, { blobs });
    expect(said[1]!.mask.slice(0, 4)).toEqual([0, 0, 0, 1]);
    expect(said[1]!.text.startsWith('<answer>')).toBe(true);
    const conversations = said.map(({ tokens, mask, logProbs }, i) => ({
      messages: [...QUESTIONS[i]!.messages, { role: 'assistant', tokens, mask, logProbs } as const],
    }));
    // What was sampled is, token for token, what is trained on.
    const prompt = await engine.encode({ conversation: QUESTIONS[1]!, prompt: true }, { blobs });
    const whole = await engine.encode({ conversation: conversations[1]! }, { blobs });
    const begin = [...prompt.tokens, ...said[1]!.tokens];
    expect(whole.tokens.slice(0, begin.length)).toEqual(begin);
    const logProbs = await engine.logProbs({ conversations }, { blobs });
    said.forEach((message, i) => {
      const chosen = message.logProbs.filter((_, t) => message.mask[t] === 1);
      expect(distance(chosen, logProbs[i]!)).toBeLessThan(AGREE_WITHIN);
    });
    const step: GradientsRequest = {
      objective: { type: 'grpo', clipLow: 0.2, clipHigh: 0.28, kl: 0.1 },
      microBatch: 2,
      sequences: conversations.map((conversation, i) => ({
        conversation,
        advantage: i - 1,
        referenceLogProbs: logProbs[i]!,
      })),
    };
    const { largestLogRatio, samplerKl, kl, calls } = await engine.forwardBackward(step, { blobs });
    expect(largestLogRatio).toBeLessThan(AGREE_WITHIN);
    expect(samplerKl).toBeLessThan(AGREE_WITHIN);
    expect(kl).toBeLessThan(AGREE_WITHIN);
    await engine.optimStep({ ...ADAM, calls });
    // Now the weights are others than those that sampled, and the ratio says so.
    const moved = await engine.forwardBackward(step, { blobs });
    expect(moved.largestLogRatio).toBeGreaterThan(1e-3);
    expect(moved.kl).toBeGreaterThan(0);
    await engine.optimStep({ ...ADAM, calls: moved.calls });
  });

  it('moves the adapters and nothing else, and its loss falls on a fixed batch', async () => {
    const before = await engine.embed(
      { pictures: [{ blob: 0, form: 'rgb', widthPx: 56, heightPx: 56 }] },
      { blobs },
    );
    const { weights } = await engine.saveState(dir);
    const names = tensorNames(weights.path);
    expect(names.length).toBe(2 * 2 * 7);
    expect(names.every((name) => /lora_[AB]\.weight$/.test(name))).toBe(true);
    const losses: number[] = [];
    for (let step = 0; step < 12; step++) losses.push(await supervisedStep());
    expect(losses.at(-1)).toBeLessThan(0.9 * losses[0]!);
    expect(engine.trained).toBeNull();
    const after = await engine.embed(
      { pictures: [{ blob: 0, form: 'rgb', widthPx: 56, heightPx: 56 }] },
      { blobs },
    );
    expect(after.features).toEqual(before.features);
    // The policy as it was can still be asked, and training goes on from where it is.
    const conversations = DEMONSTRATIONS.sequences.map(({ conversation }) => conversation);
    const now = await engine.logProbs({ conversations }, { blobs });
    const then = await engine.logProbs({ conversations, weights }, { blobs });
    expect(sum(now)).toBeGreaterThan(sum(then));
    expect(await engine.logProbs({ conversations }, { blobs })).toEqual(now);
  });

  it('sees pictures as vectors of length 1, each its own', async () => {
    const raw = blobs.map((_, blob) => ({ blob, form: 'rgb', widthPx: 56, heightPx: 56 }) as const);
    const { features, width } = await engine.embed({ pictures: [...raw, raw[0]!], rows: 2 }, { blobs });
    expect([features.length, width]).toEqual([3 * 64, 64]);
    const [a, b, again] = [0, 1, 2].map((i) => features.slice(i * width, (i + 1) * width));
    for (const v of [a!, b!]) expect(Math.hypot(...v)).toBeCloseTo(1, 5);
    expect(distance([...a!], [...again!])).toBeLessThan(AGREE_WITHIN);
    expect(distance([...a!], [...b!])).toBeGreaterThan(1e-3);
  });

  it('drops a cancelled update whole, and refuses a step of other gradients than the caller means', async () => {
    const cancelled = new AbortController();
    const sequences = Array.from({ length: 400 }, (_, i) => DEMONSTRATIONS.sequences[i % 3]!);
    const update = { ...DEMONSTRATIONS, sequences, microBatch: 1 };
    const running = engine.forwardBackward(update, {
      blobs,
      signal: cancelled.signal,
      onProgress: () => cancelled.abort(new Error('enough')),
    });
    await expect(running).rejects.toThrow('enough');
    await expect(engine.optimStep({ ...ADAM, calls: 1 })).rejects.toThrow(
      'expected the gradients of 1 forwardBackward calls, there are those of 0',
    );
  });

  it('refuses a picture that is none, and says a sum that outgrows the context', async () => {
    const broken = { messages: [{ role: 'user', content: [{ type: 'image', blob: 0 }] }] } as const;
    await expect(engine.encode({ conversation: broken }, { blobs: [Uint8Array.of(1, 2)] })).rejects.toThrow(
      'encode.conversation.messages[0].content[0]: 2 bytes that are no readable PNG, JPEG, WEBP',
    );
    const long = asking('x'.repeat(33_000), 0);
    const refused = engine.encode({ conversation: long }, { blobs });
    await expect(refused).rejects.toBeInstanceOf(UserError);
    await expect(refused).rejects.toThrow(
      /^1 picture of 4 tokens in all and 330\d\d tokens of text make 330\d\d, and contextTokens is 32768/,
    );
  });

  it('killed at any moment, goes on from its last saved state to identical bytes', async () => {
    await supervisedStep();
    const saved = await engine.saveState(dir);
    expect(engine.trained).toBe(saved.weights.sha256);
    await supervisedStep();
    await supervisedStep();
    const unbroken = await engine.saveState(dir);
    const pid = engine.pid!;
    await engine.forwardBackward(DEMONSTRATIONS, { blobs });
    process.kill(pid, 'SIGKILL');
    await expect(engine.forwardBackward(DEMONSTRATIONS, { blobs })).rejects.toBeInstanceOf(
      InfrastructureFailure,
    );
    await expect.poll(() => engine.pid).toBeNull();
    await expect(engine.optimStep({ ...ADAM, calls: 1 })).rejects.toThrow('what was trained is gone');
    const { steps } = await engine.loadState(saved);
    expect(engine.pid).not.toBe(pid);
    expect(steps).toBeGreaterThan(12);
    await supervisedStep();
    await supervisedStep();
    const resumed = await engine.saveState(dir);
    expect(resumed.weights.sha256).toBe(unbroken.weights.sha256);
    expect(resumed.optimizer.sha256).toBe(unbroken.optimizer.sha256);
  });
});

function distance(a: readonly number[], b: readonly number[]): number {
  expect(a.length).toBe(b.length);
  return Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));
}

function sum(numbers: readonly (readonly number[])[]): number {
  return numbers.flat().reduce((total, x) => total + x, 0);
}

/** Names in a safetensors file's header. */
function tensorNames(path: string): readonly string[] {
  const bytes = readFileSync(path);
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + Number(bytes.readBigUInt64LE(0)))) as object;
  return Object.keys(header).filter((name) => name !== '__metadata__');
}
