import OpenAI from 'openai';
import type { ChatCompletionCreateParamsNonStreaming } from 'openai/resources/chat/completions';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { encodeAction } from '../../domain/protocol/compact.js';
import { UserError } from '../../domain/failures.js';
import type { Limits } from '../../infra/serve/limits.js';
import type { ServedPolicy, SpokenTurn, TurnTerms } from '../../infra/serve/served-policy.js';
import { servePolicy, type PolicyServer } from '../../infra/serve/server.js';
import { eventually } from '../support/processes.js';
import { promptOf, TOOLS } from './support/chat.js';
import { ramps } from './support/pictures.js';

// On a busy machine pictures take their time.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const QUESTION = 'What can you read on the sign?';
const overview = await ramps();
let server: PolicyServer;
let client: OpenAI;
afterEach(() => server.close());

/** A policy that says what it is told to say, when it is told to: for what the server does around a turn. */
class Scripted implements ServedPolicy {
  readonly id = 'scripted';
  readonly sha256 = 'ab'.repeat(32);
  readonly maxLooks = 3;
  readonly asked: TurnTerms[] = [];
  closed = false;
  /** Let go of one waiting turn each. */
  readonly waiting: (() => void)[] = [];
  readonly #slot: readonly number[];
  readonly #held: boolean;

  constructor(slot = encodeAction({ tool: 'answer', text: '42' }), held = false) {
    this.#slot = slot;
    this.#held = held;
  }

  promptTokens(looks: number): number {
    return 22 + 25 * looks;
  }

  async draw(_: unknown, terms: TurnTerms, signal: AbortSignal): Promise<SpokenTurn> {
    this.asked.push(terms);
    if (this.#held)
      await new Promise<void>((resolve, reject) => {
        this.waiting.push(resolve);
        signal.addEventListener('abort', () => {
          reject(signal.reason as Error);
        });
      });
    return { tokens: this.#slot, logProbs: this.#slot.map((_, i) => -(i + 1) / 8) };
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

async function serve(policy: ServedPolicy, limits: Partial<Limits> = {}): Promise<void> {
  server = await servePolicy(policy, { host: '127.0.0.1', port: 0, token: null, limits });
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
}

const ask = (more: Partial<ChatCompletionCreateParamsNonStreaming> = {}) =>
  client.chat.completions.create({ model: 'scripted', messages: [promptOf(overview, QUESTION)], ...more });

async function statusOf(asked: Promise<unknown>): Promise<unknown> {
  return asked.then(
    () => 200,
    (error: unknown) =>
      error instanceof OpenAI.APIError ? ((error.status as number | undefined) ?? error) : error,
  );
}

describe('a turn is told as', () => {
  it('a tool call where there are tools, streamed or not', async () => {
    await serve(new Scripted(encodeAction({ tool: 'crop', targetFrame: 3, bbox01: [0.25, 0, 0.5, 1] })));
    const { choices, usage } = await ask({ tools: TOOLS, logprobs: true });
    const { message, finish_reason, logprobs } = choices[0]!;
    expect([message.content, finish_reason]).toEqual([null, 'tool_calls']);
    const call = {
      id: 'call_1',
      type: 'function',
      function: { name: 'crop', arguments: '{"target_frame":3,"bbox_2d":[0.25,0,0.5,1]}' },
    };
    expect(message.tool_calls).toEqual([call]);
    expect(logprobs!.content!.map(({ token, logprob }) => [token, logprob])).toEqual(
      ['CROP', 'F3', 'X4', 'Y0', 'X8', 'Y16', 'END'].map((token, i) => [token, -(i + 1) / 8]),
    );
    expect(usage).toEqual({ prompt_tokens: 22, completion_tokens: 7, total_tokens: 29 });
    const stream = client.chat.completions.stream({
      model: 'scripted',
      messages: [promptOf(overview, QUESTION)],
      tools: TOOLS,
    });
    const streamed = await stream.finalChatCompletion();
    expect(streamed.choices[0]!.finish_reason).toBe('tool_calls');
    expect(streamed.choices[0]!.message.tool_calls).toMatchObject([call]);
  });

  it('the text protocol where there are none, and an answer in its tags either way', async () => {
    await serve(new Scripted(encodeAction({ tool: 'clip', targetFrames: [2] })));
    expect((await ask()).choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: '<tool_call>{"name":"clip","arguments":{"target_frames":[2]}}</tool_call>' },
    });
    await server.close();
    await serve(new Scripted());
    for (const tools of [{}, { tools: TOOLS }])
      expect((await ask(tools)).choices[0]!.message.content).toBe('<answer>42</answer>');
  });

  it('its tokens where it means nothing', async () => {
    await serve(new Scripted([2, 1, 0, 0, 0, 0, 0]));
    expect((await ask({ tools: TOOLS })).choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { content: '<slot>2 1 0 0 0 0 0</slot>' },
    });
  });
});

describe('what a request asks for reaches the policy', () => {
  it('greedy at temperature 0, else drawn from the seed, which is told where it was not given', async () => {
    const policy = new Scripted();
    await serve(policy);
    await ask({ temperature: 0 });
    expect(policy.asked[0]).toMatchObject({ greedy: true, forced: false });
    const first = (await ask({ top_p: 0.5, temperature: 0.7 })) as unknown as { readonly seed: number };
    const { seed } = first;
    expect(policy.asked[1]).toMatchObject({ greedy: false, temperature: 0.7, topP: 0.5 });
    await ask({ seed });
    await ask({ seed: seed + 1 });
    expect(policy.asked[2]!.seed).toBe(policy.asked[1]!.seed);
    expect(policy.asked[3]!.seed).not.toBe(policy.asked[1]!.seed);
    const { response } = await ask({ seed }).withResponse();
    expect(response.headers.get('x-ruminate-seed')).toBe(String(seed));
  });

  it('an answer now, where no tool may be called', async () => {
    const policy = new Scripted();
    await serve(policy);
    const { choices, usage } = await ask({ tools: TOOLS, tool_choice: 'none', logprobs: true });
    expect(policy.asked[0]!.forced).toBe(true);
    // The token that was forced on it is not its own.
    expect(choices[0]!.logprobs!.content!.map(({ token }) => token)).toEqual(['4', '2', 'END']);
    expect(usage!.completion_tokens).toBe(3);
  });
});

describe('under load', () => {
  it('lets some work, some wait, and sends the next away with Retry-After', async () => {
    const policy = new Scripted(undefined, true);
    await serve(policy, { running: 1, waiting: 1 });
    const first = statusOf(ask());
    await eventually('a turn is being drawn', () => policy.waiting.length === 1, 60_000);
    const second = statusOf(ask());
    await eventually('two are inside', async () => (await health()).answering === 2, 60_000);
    const third: unknown = await ask().catch((error: unknown) => error);
    expect(third).toBeInstanceOf(OpenAI.RateLimitError);
    expect((third as InstanceType<typeof OpenAI.APIError>).headers!.get('retry-after')).toBe('1');
    expect(policy.asked).toHaveLength(1);
    policy.waiting[0]!();
    await eventually('the next turn is being drawn', () => policy.waiting.length === 2, 60_000);
    policy.waiting[1]!();
    expect(await Promise.all([first, second])).toEqual([200, 200]);
    expect((await health()).answering).toBe(0);
  });

  it('says 503 when an answer takes too long', async () => {
    await serve(new Scripted(undefined, true), { answerMs: 50 });
    const late: unknown = await ask().catch((error: unknown) => error);
    expect(late).toMatchObject({ status: 503, code: 'timed_out' });
  });

  it('stops for a client that went away', async () => {
    const policy = new Scripted(undefined, true);
    await serve(policy);
    const gone = new AbortController();
    const request = { model: 'scripted', messages: [promptOf(overview, QUESTION)] };
    const left = statusOf(client.chat.completions.create(request, { signal: gone.signal }));
    await eventually('a turn is being drawn', () => policy.waiting.length === 1, 60_000);
    gone.abort();
    expect(await left).toBeInstanceOf(OpenAI.APIUserAbortError);
    await eventually('nobody is inside', async () => (await health()).answering === 0, 60_000);
  });

  it('answers what has begun when it is to end, and takes nothing new', async () => {
    const policy = new Scripted(undefined, true);
    await serve(policy);
    const begun = statusOf(ask());
    await eventually('a turn is being drawn', () => policy.waiting.length === 1, 60_000);
    const closing = server.close();
    await expect(fetch(`${server.url}/health`)).rejects.toThrow();
    expect(policy.closed).toBe(false);
    policy.waiting[0]!();
    expect(await begun).toBe(200);
    await closing;
    expect(policy.closed).toBe(true);
  });

  it('cuts off what outlasts the grace', async () => {
    const policy = new Scripted(undefined, true);
    await serve(policy, { drainMs: 20 });
    const begun = statusOf(ask());
    await eventually('a turn is being drawn', () => policy.waiting.length === 1, 60_000);
    await server.close();
    expect(await begun).toBeInstanceOf(OpenAI.APIConnectionError);
  });
});

describe('who may ask', () => {
  it('without a token only this machine, by its own names', async () => {
    await serve(new Scripted());
    const { port } = new URL(server.url);
    const { request } = await import('node:http');
    const status = (host: string): Promise<number> =>
      new Promise((resolve, reject) => {
        request(`${server.url}/v1/models`, { headers: { host } }, (answer) => {
          answer.resume();
          resolve(answer.statusCode!);
        })
          .once('error', reject)
          .end();
      });
    expect(await status(`localhost:${port}`)).toBe(200);
    expect(await status(`[::1]:${port}`)).toBe(200);
    expect(await status(`rebound.example:${port}`)).toBe(403);
    for (const host of ['0.0.0.0', '::', '192.168.1.5', 'some-name'])
      await expect(servePolicy(new Scripted(), { host, port: 0, token: null })).rejects.toThrow(UserError);
  });

  it('a port that is taken is a mistake to mend', async () => {
    await serve(new Scripted());
    const port = Number(new URL(server.url).port);
    await expect(servePolicy(new Scripted(), { host: '127.0.0.1', port, token: null })).rejects.toThrow(
      /cannot listen on 127\.0\.0\.1:\d+ \(EADDRINUSE\)/,
    );
  });
});

async function health(): Promise<{ readonly answering: number }> {
  return (await (await fetch(`${server.url}/health`)).json()) as { readonly answering: number };
}
