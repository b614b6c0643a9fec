import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { OpenAiEngine } from '../../infra/openai/engine.js';
import { chunksOf, eventOf, startChatServer, type ChatServer, type Reply } from './support/chat-server.js';
import { endpoint, engineFor, request } from './support/talk.js';

const ANSWER: Reply = { content: '<think>I see it</think><answer>STOP</answer>' };
const open: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function server(...[reply, options]: Parameters<typeof startChatServer>): Promise<ChatServer> {
  const started = await startChatServer(reply, options);
  open.push(started);
  return started;
}

function engine(...args: Parameters<typeof engineFor>): OpenAiEngine {
  const made = engineFor(...args);
  open.push(made);
  return made;
}

/** Begins to stream an answer, and does something else before its end. */
function halfway(then: (response: ServerResponse) => void): Reply {
  return {
    raw: (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(eventOf(chunksOf({ content: 'half of it' }, 'tiny-vl')[1]));
      then(response);
    },
  };
}

describe('a message', () => {
  it('comes with its thought, its call, and what it used', async () => {
    const { url } = await server(() => ({
      reasoning: 'small text',
      calls: [{ name: 'crop', arguments: '{"target_frame": 2, "bbox_2d": [0.1, 0.2, 0.5, 0.6]}' }],
      usage: { prompt_tokens: 900, completion_tokens: 40, prompt_tokens_details: { cached_tokens: 500 } },
    }));
    const prices = { prompt: 2, cached: 1, completion: 10 };
    const message = await engine([endpoint(url, { prices })]).sample(request());
    expect(message).toMatchObject({
      thought: 'small text',
      action: { tool: 'crop', targetFrame: 2, bbox01: [0.1, 0.2, 0.5, 0.6] },
      native: true,
      by: { url, model: 'tiny-vl' },
      spent: {
        messages: 1,
        promptTokens: 900,
        cachedTokens: 500,
        completionTokens: 40,
        unpriced: 0,
        wasted: {},
      },
    });
    expect(message.spent.cost).toBeCloseTo((400 * 2 + 500 * 1 + 40 * 10) / 1e6, 12);
  });

  it('is read whole although its bytes come one at a time, in any script', async () => {
    const content = '<think>على اللافتة 🛑</think><answer>قف 🛑</answer>';
    const { url } = await server(() => ({
      raw: (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        const bytes = Buffer.from(chunksOf({ content }, 'm').map(eventOf).join(''));
        const next = (at: number): void => {
          if (at >= bytes.length) response.end();
          else response.write(bytes.subarray(at, at + 7), () => setImmediate(next, at + 7));
        };
        next(0);
      },
    }));
    const message = await engine([endpoint(url)]).sample(request({ question: 'ماذا تقول اللافتة؟ 🛑' }));
    expect(message).toMatchObject({ thought: 'على اللافتة 🛑', action: { tool: 'answer', text: 'قف 🛑' } });
  });

  it('is read from a server that does not stream', async () => {
    const { url } = await server(() => ({
      status: 200,
      json: {
        model: 'plain',
        choices: [{ message: { content: '<answer>7</answer>' }, finish_reason: 'stop' }],
        usage: { prompt_tokens: 5, completion_tokens: 2 },
      },
    }));
    const message = await engine([endpoint(url)]).sample(request());
    expect(message).toMatchObject({
      action: { text: '7' },
      by: { model: 'plain' },
      spent: { promptTokens: 5 },
    });
  });

  it('has log-probabilities where they were asked for and offered', async () => {
    const { url, asked } = await server(() => ({
      ...ANSWER,
      logProbs: [
        { token: 'ST', logprob: -0.5 },
        { token: 'OP', logprob: -0.25 },
      ],
    }));
    const message = await engine([endpoint(url)]).sample(request({ sampling: { logProbs: true } }));
    expect(message.logProbs).toEqual([
      { token: 'ST', logProb: -0.5 },
      { token: 'OP', logProb: -0.25 },
    ]);
    expect(asked[0]?.body['logprobs']).toBe(true);
  });

  it('that names a wrong tool, or arguments that are no JSON, comes back with why', async () => {
    const replies: Reply[] = [
      { calls: [{ name: 'zoom', arguments: '{}' }] },
      { calls: [{ name: 'clip', arguments: '{"target_frames": [1' }] },
      { content: '<tool_call>{"name": "clip", "arguments": {"target_frames": [3]}}</tool_call>' },
    ];
    const { url } = await server((_, n) => replies[n - 1]!);
    const model = engine([endpoint(url)]);
    expect(await model.sample(request())).toMatchObject({
      action: null,
      failure: 'there is no tool "zoom": the tools are clip and crop',
    });
    expect(await model.sample(request())).toMatchObject({
      action: null,
      failure: 'the arguments of clip are not valid JSON',
    });
    expect(await model.sample(request())).toMatchObject({
      action: { tool: 'clip', targetFrames: [3] },
      native: false,
    });
  });

  it('that must be the answer is asked for without tools', async () => {
    const { url, asked } = await server(() => ({ content: 'It says STOP.' }));
    const message = await engine([endpoint(url)]).sample(request({ final: true }));
    expect(message.action).toEqual({ tool: 'answer', text: 'It says STOP.' });
    expect(asked[0]?.body.tools).toBeUndefined();
    expect(JSON.stringify(asked[0]?.body.messages.at(-1))).toContain('You cannot look any more');
  });
});

describe('a call that goes wrong', () => {
  const wrongs: [string, Reply][] = [
    ['429', { status: 429, headers: { 'retry-after': '0' }, json: { error: { message: 'slow down' } } }],
    ['500', { status: 500, text: '<html>oops</html>' }],
    ['503', { status: 503, headers: { 'retry-after-ms': '1' } }],
    ['broken stream', halfway((response) => response.end())],
    ['UND_ERR_SOCKET', halfway((response) => response.destroy())],
    ['invalid JSON', halfway((response) => response.end('data: {"choices": [\n\n'))],
    [
      'error in the answer',
      halfway((response) => response.end(eventOf({ error: { message: 'out of memory' } }))),
    ],
    ['time-out', halfway(() => undefined)],
  ];

  it.each(wrongs)('%s: is made again, and counted beside the one that was kept', async (why, wrong) => {
    const { url, asked } = await server((_, n) => (n === 1 ? wrong : ANSWER));
    // Only where the time-out is meant may it be short: machines that are busy stand still now and then.
    const betweenTokensMs = why === 'time-out' ? 500 : 60_000;
    const timeouts = { connectMs: 20_000, firstTokenMs: 60_000, betweenTokensMs };
    const message = await engine([endpoint(url)], { timeouts }).sample(request());
    expect(message.action).toEqual({ tool: 'answer', text: 'STOP' });
    expect(message.spent).toMatchObject({ messages: 1, completionTokens: 10, wasted: { [why]: 1 } });
    expect(asked).toHaveLength(2);
  });

  it('is given up after the tries allowed, with what was wrong last, and all of it was told as it happened', async () => {
    const { url } = await server(() => ({ status: 500, json: { error: { message: 'no GPU' } } }));
    const told: string[] = [];
    const failing = engine([endpoint(url)], { tries: 2 }).sample(
      request({ onWaste: (wasted, why) => told.push(`${wasted.join()}: ${why}`) }),
    );
    await expect(failing).rejects.toMatchObject({
      name: 'InfrastructureFailure',
      message: `${url} answered 500: no GPU`,
    });
    expect(told).toEqual([`500: ${url} answered 500: no GPU`, `500,500: ${url} answered 500: no GPU`]);
  });

  it('keeps the count of those who tried before', async () => {
    const { url } = await server(() => ANSWER);
    const message = await engine([endpoint(url)]).sample(request({ wasted: ['429', 'worker lost', '429'] }));
    expect(message.spent.wasted).toEqual({ '429': 2, 'worker lost': 1 });
  });

  it('waits for the first token as long as it is allowed to, whatever empty pieces come before', async () => {
    const { url } = await server(() => ({
      raw: (response) => {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(eventOf(chunksOf({}, 'm')[0]));
        setTimeout(
          () => response.end(chunksOf({ content: '<answer>late</answer>' }, 'm').map(eventOf).join('')),
          400,
        );
      },
    }));
    const timeouts = { connectMs: 20_000, firstTokenMs: 60_000, betweenTokensMs: 200 };
    const message = await engine([endpoint(url)], { timeouts }).sample(request());
    expect(message).toMatchObject({ action: { text: 'late' }, spent: { wasted: {} } });
  });

  it('ends at once when it is cancelled, and leaves its place to the next', async () => {
    const { url, asked } = await server((_, n) => (n === 1 ? halfway(() => undefined) : ANSWER));
    const model = engine([endpoint(url, { concurrency: 1 })]);
    const stop = new AbortController();
    const stopped = model.sample(request(), stop.signal);
    const next = model.sample(request());
    await vi.waitFor(() => {
      expect(asked).toHaveLength(1);
    }, 20_000);
    stop.abort(new Error('enough'));
    await expect(stopped).rejects.toThrow('enough');
    expect((await next).action).toEqual({ tool: 'answer', text: 'STOP' });
  });
});

describe('a parameter that a server does not take', () => {
  it('is left out from then on', async () => {
    const { url, asked } = await server(({ body }) => {
      const bad = ['stream_options', 'seed', 'max_tokens'].find((name) => name in body);
      return bad === undefined
        ? ANSWER
        : { status: 400, json: { error: { message: `Unsupported parameter: '${bad}'` } } };
    });
    const model = engine([endpoint(url)]);
    const seeded = request({ sampling: { seed: 4 } });
    expect((await model.sample(seeded)).spent.wasted).toEqual({ '400': 3 });
    expect((await model.sample(seeded)).spent.wasted).toEqual({});
    expect(asked.at(-1)?.body).toMatchObject({ max_completion_tokens: 256, temperature: 0 });
  });
});

describe('what no other try would mend', () => {
  it.each([
    [401, 'bad key', 'refuses the key in MY_KEY (401): bad key', 'check MY_KEY'],
    [404, 'The model `tiny-vl` does not exist', 'has no model "tiny-vl"', 'leave --model out'],
    [404, 'Not Found', '/chat/completions: 404', 'ending in /v1'],
    [429, 'You exceeded your current quota (insufficient_quota)', 'has no quota left', 'account'],
  ])('%i %s: is said once, with what to do', async (status, said, message, hint) => {
    const { url, asked } = await server(() => ({ status, json: { error: { message: said } } }));
    const failing = engine([endpoint(url, { keyVariable: 'MY_KEY' })], {}, { MY_KEY: 'secret-9' }).sample(
      request(),
    );
    await expect(failing).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringContaining(message) as string,
      hint: expect.stringContaining(hint.replace('ending in /v1', '/v1')) as string,
    });
    expect(asked).toHaveLength(1);
  });

  it.each([
    [400, 'clip: frame 3 has no picture', 'refuses this request (400): clip: frame 3'],
    [422, 'messages.4.content is not allowed to be empty', 'refuses this request (422): messages.4'],
    [413, 'Request Entity Too Large', 'as too large (413): Request Entity Too Large; lower --frames'],
    [400, 'expected a question with a word that the policy knows', 'a word that the policy knows'],
    [400, 'failed to parse the arguments of a tool call as JSON', 'refuses this request (400)'],
    [400, 'The image cannot be identified', 'refuses this request (400): The image'],
  ])('%i %s: is about this request, and no other is held to it', async (status, said, message) => {
    const { url, asked } = await server(() => ({ status, json: { error: { message: said } } }));
    await expect(engine([endpoint(url)]).sample(request())).rejects.toMatchObject({
      name: 'DataFailure',
      message: expect.stringContaining(message) as string,
    });
    expect(asked).toHaveLength(1);
  });

  it.each([
    [400, 'tiny-vl is not a multimodal model', 'takes no pictures (400)', '--model'],
    [400, 'image inputs are not supported', 'takes no pictures (400)', '--model'],
    [400, '"auto" tool choice requires --enable-auto-tool-choice', 'makes no tool calls', '--protocol text'],
    [422, 'This model does not support tools', 'makes no tool calls', '--protocol text'],
    [400, 'API key not valid. Please pass a valid API key.', 'refuses the key', 'check MY_KEY'],
    [400, 'The model tiny-vl does not exist', 'has no model "tiny-vl" (400)', '--model'],
    [402, 'Payment Required', 'has no quota left (402)', 'account'],
    [415, 'Unsupported Media Type', 'refuses the request (415)', 'see what the server says'],
  ])('%i %s: every question would meet it, so it is the person’s', async (status, said, message, hint) => {
    const { url } = await server(() => ({ status, json: { error: { message: said } } }));
    const failing = engine([endpoint(url, { keyVariable: 'MY_KEY' })], {}, { MY_KEY: 'secret-9' }).sample(
      request(),
    );
    await expect(failing).rejects.toMatchObject({
      name: 'UserError',
      message: expect.stringContaining(message) as string,
      hint: expect.stringContaining(hint) as string,
    });
  });

  it('a context too small is told with the sum of what was to fit', async () => {
    const { url } = await server(() => ({
      status: 400,
      json: { error: { message: "This model's maximum context length is 512 tokens" } },
    }));
    await expect(engine([endpoint(url)]).sample(request())).rejects.toMatchObject({
      name: 'DataFailure',
      message: expect.stringMatching(
        /512 tokens; the prompt needs about \d+ tokens: 147 for 2 pictures .* for text, 256 kept for the answer; lower --frames/,
      ) as string,
    });
  });

  it('a key that is not set is named with its endpoint', async () => {
    const { url, asked } = await server(() => ANSWER);
    const failing = engine([endpoint(url, { keyVariable: 'MY_KEY' })]).sample(request());
    await expect(failing).rejects.toThrow(`${url} takes its key from MY_KEY, which is not set`);
    expect(asked).toHaveLength(0);
  });
});

describe('a key', () => {
  it('goes to its endpoint and nowhere else: not into errors, and not into messages that repeat it', async () => {
    const key = 'sk-very-secret';
    const { url, asked } = await server(({ headers }, n) =>
      n === 1
        ? { status: 500, json: { error: { message: `who is ${headers.authorization}?` } } }
        : { content: `<answer>${headers.authorization}</answer>` },
    );
    const told: string[] = [];
    const message = await engine([endpoint(url, { keyVariable: 'K' })], {}, { K: key }).sample(
      request({ onWaste: (_, why) => told.push(why) }),
    );
    expect(asked.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${key}`, `Bearer ${key}`]);
    expect(told[0]).toContain('who is Bearer [key]?');
    expect(JSON.stringify([message, told])).not.toContain(key);
    expect(message.action).toEqual({ tool: 'answer', text: 'Bearer [key]' });
  });
});

describe('endpoints', () => {
  it('get no more calls at once than each takes', async () => {
    const slow = (): Promise<Reply> => new Promise((resolve) => setTimeout(resolve, 20, ANSWER));
    const [one, two] = [await server(slow), await server(slow)];
    const model = engine([endpoint(one.url, { concurrency: 1 }), endpoint(two.url, { concurrency: 3 })]);
    await Promise.all(Array.from({ length: 12 }, (_, i) => model.sample(request({ key: `call ${i}` }))));
    expect(one.most()).toBe(1);
    expect(two.most()).toBe(3);
    expect(one.asked.length + two.asked.length).toBe(12);
  });

  it('share calls by weight', async () => {
    const [one, two] = [await server(() => ANSWER), await server(() => ANSWER)];
    const model = engine([endpoint(one.url, { weight: 3 }), endpoint(two.url)]);
    for (let i = 0; i < 8; i++) await model.sample(request({ key: `call ${i}` }));
    expect([one.asked.length, two.asked.length]).toEqual([6, 2]);
  });

  it('stand in for one that is away, and for one that rests', async () => {
    const gone = await startChatServer(() => ANSWER);
    await gone.close();
    const resting = await server(() => ({ status: 429, headers: { 'retry-after': '3600' } }));
    const well = await server(() => ANSWER);
    const model = engine([endpoint(gone.url), endpoint(resting.url), endpoint(well.url)]);
    for (let i = 0; i < 6; i++)
      expect((await model.sample(request({ key: `call ${i}` }))).by.url).toBe(well.url);
    expect(resting.asked).toHaveLength(1);
  });

  it('that failed several times in a row are asked for their health before they get work', async () => {
    let ill = true;
    const { url, asked } = await server(
      () => (ill ? { status: 503, headers: { 'retry-after': '0' } } : ANSWER),
      { models: null },
    );
    const model = engine([endpoint(url)], { tries: 3 });
    await expect(model.sample(request())).rejects.toThrow('answered 503');
    ill = false;
    // The list of models is the question for its health: this one answers it with 404, which nobody can mend.
    await expect(model.sample(request())).rejects.toThrow('404');
    expect(asked).toHaveLength(3);
  });
});
