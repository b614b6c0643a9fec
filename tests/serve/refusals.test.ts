import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { policyFromFolder } from '../../infra/client/served-policy.js';
import type { ErrorBody } from '../../infra/serve/errors.js';
import { servePolicy, type PolicyServer } from '../../infra/serve/server.js';
import { imagePart, promptOf, TOOLS } from './support/chat.js';
import { ramps } from './support/pictures.js';
import { exported, randomPolicy } from './support/policies.js';

vi.setConfig({ testTimeout: 60_000 });

const QUESTION = 'What can you read on the sign?';
const TOKEN = 'a-token-of-some-length';
let folder: string;
let server: PolicyServer;
let overview: readonly string[];
let picture: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ruminate-refusals-'));
  const path = await exported(join(folder, 'policy'), randomPolicy(3, true));
  const limits = { bodyBytes: 200_000, picturePixels: 10_000 };
  server = await servePolicy(await policyFromFolder(path, 1), {
    ...{ host: '127.0.0.1', port: 0, token: TOKEN, limits },
  });
  overview = await ramps();
  picture = overview[0]!;
});
afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const HEADERS = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };

async function send(body: unknown, headers: Record<string, string> = HEADERS, path = '/v1/chat/completions') {
  const answer = await fetch(server.url + path, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return {
    status: answer.status,
    error: ((await answer.json()) as ErrorBody).error,
    headers: answer.headers,
  };
}

const prompt = () => promptOf(overview, QUESTION);
const clip = (frames: unknown, id = 'c1') => ({
  role: 'assistant',
  content: null,
  tool_calls: [
    {
      id,
      type: 'function',
      function: { name: 'clip', arguments: JSON.stringify({ target_frames: frames }) },
    },
  ],
});
const tool = (id = 'c1') => ({ role: 'tool', tool_call_id: id, content: 'shown' });
const user = (...content: unknown[]) => ({ role: 'user', content });
const look = () => [clip([2]), tool(), user(imagePart(picture))];
const said = (content: string) => ({ role: 'assistant', content });

async function urlOf(make: Sharp, as: 'png' | 'webp' = 'png'): Promise<string> {
  return `data:image/${as};base64,${(await make.toFormat(as).toBuffer()).toString('base64')}`;
}

/** A prompt whose first picture is another. */
const instead = (url: string) => [promptOf([url, ...overview.slice(1)], QUESTION)];

describe('a conversation that the policy cannot have is refused by name', () => {
  it.each<[string, () => unknown[], string, string]>([
    ['no picture', () => [{ role: 'user', content: QUESTION }], 'expected 8 pictures', 'messages'],
    ['seven pictures', () => [promptOf(overview.slice(1), QUESTION)], 'got 7', 'messages'],
    ['no question', () => [user(...overview.map(imagePart))], 'expected a question', 'messages'],
    [
      'a question of unknown words',
      () => [promptOf(overview, 'Qui est là ?')],
      'knows no word of the question (qui est là); it knows sign, poster',
      'messages.0.content.16',
    ],
    [
      'a question of too many words',
      () => [promptOf(overview, 'Question: sign poster phone ticket slide board menu')],
      'a question of 7 words that the policy knows',
      'messages.0.content.16',
    ],
    [
      'too many looks',
      () => [prompt(), ...look(), ...look(), ...look(), ...look()],
      '4 looks so far; this policy takes 3',
      'messages',
    ],
    ['a look without what it brought', () => [prompt(), clip([2])], 'no message after it', 'messages.1'],
    ['a clip of two frames', () => [prompt(), clip([2, 3]), tool()], 'cannot have said', 'messages.1'],
    ['a frame that is none', () => [prompt(), clip([9]), tool()], 'cannot have said', 'messages.1'],
    [
      'a box between the sixteenths',
      () => [
        prompt(),
        said('<tool_call>{"name":"crop","arguments":{"target_frame":1,"bbox_2d":[0.1,0,0.5,1]}}</tool_call>'),
        user(imagePart(picture)),
      ],
      'crops at sixteenths',
      'messages.1',
    ],
    [
      'another tool',
      () => [prompt(), said('<tool_call>{"name":"zoom","arguments":{}}</tool_call>'), tool()],
      'expected a tool call',
      'messages.1',
    ],
    [
      'an answer that is asked on',
      () => [prompt(), said('<answer>42</answer>'), user({ type: 'text', text: 'sure?' })],
      'has answered',
      'messages.1',
    ],
    [
      'words that are no turn',
      () => [prompt(), said('hm'), user(imagePart(picture))],
      'expected a tool call',
      'messages.1',
    ],
    [
      'tokens that mean an action',
      () => [prompt(), said('<slot>4 31 1 0 0 0 0</slot>'), tool()],
      'mean no action',
      'messages.1',
    ],
    [
      'tokens beyond the vocabulary',
      () => [prompt(), said('<slot>99 1 1 0 0 0 0</slot>'), tool()],
      'mean no action',
      'messages.1',
    ],
    [
      'another call id',
      () => [prompt(), clip([2]), tool('c2')],
      'expected tool_call_id "c1"',
      'messages.2.tool_call_id',
    ],
    [
      'two pictures of one look',
      () => [prompt(), clip([2]), tool(), user(imagePart(picture), imagePart(picture))],
      'brings one picture, got 2',
      'messages.1',
    ],
    [
      'two calls in one turn',
      () => [
        prompt(),
        { ...clip([2]), tool_calls: [...clip([2]).tool_calls, ...clip([3]).tool_calls] },
        tool(),
      ],
      'makes one a turn',
      'messages.1',
    ],
    ['another role', () => [prompt(), { role: 'robot', content: 'x' }], 'messages.1.role', 'messages.1.role'],
    [
      'a video part',
      () => [user({ type: 'video_url', video_url: { url: picture } })],
      'messages.0.content.0.type',
      'messages.0.content.0.type',
    ],
  ])('%s', async (_, messages, words, param) => {
    const { status, error } = await send({ model: 'policy', messages: messages() });
    expect(error.message).toContain(words);
    expect([status, error.type, error.param]).toEqual([400, 'invalid_request_error', param]);
  });
});

describe('a picture that is not one is refused before it is decoded', () => {
  const at = 'messages.0.content.1';
  const blank = (width: number, height: number, alpha = false) =>
    sharp({
      create: {
        ...{ width, height, channels: alpha ? (4 as const) : (3 as const) },
        background: { r: 9, g: 9, b: 9, alpha: alpha ? 0.5 : 1 },
      },
    });
  it.each<[string, () => string | Promise<string>, string, string]>([
    ['a remote URL', () => 'https://example.com/a.png', 'not fetched', 'remote_image_refused'],
    ['a file URL', () => 'file:///etc/passwd', 'not fetched', 'remote_image_refused'],
    [
      'another media type',
      () => 'data:image/svg+xml;base64,PHN2Zy8+',
      'expected data:image/png',
      'invalid_image_url',
    ],
    ['no base64', () => 'data:image/png;base64,%%%%', 'no valid base64', 'invalid_image_url'],
    ['nothing', () => 'data:image/png;base64,', 'no valid base64', 'invalid_image_url'],
    [
      'noise',
      () => `data:image/png;base64,${Buffer.from('not a picture').toString('base64')}`,
      'cannot be read',
      'invalid_image',
    ],
    [
      'a drawing that calls itself a png',
      () =>
        `data:image/png;base64,${Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>').toString('base64')}`,
      'the bytes are svg',
      'invalid_image',
    ],
    ['a bomb', () => urlOf(blank(3000, 3000)), '3000×3000 pixels; at most 10000', 'image_too_large'],
    [
      'half a picture',
      async () => {
        const url = await urlOf(
          sharp(Buffer.from(Array.from({ length: 90 * 90 }, (_, i) => (i * i * 7919 + (i >> 3)) % 251)), {
            raw: { width: 90, height: 90, channels: 1 },
          }),
        );
        return url.slice(0, 'data:image/png;base64,'.length + 2000);
      },
      'cannot be read',
      'invalid_image',
    ],
    ['transparency', () => urlOf(blank(40, 40, true)), 'transparent', 'invalid_image'],
  ])('%s', async (_, url, words, code) => {
    const { status, error } = await send({ model: 'policy', messages: instead(await url()) });
    expect(error.message).toContain(words);
    expect([status, error.code, error.param]).toEqual([400, code, at]);
  });
});

describe('a request is refused', () => {
  const ask = () => ({ model: 'policy', messages: [prompt()] });
  it.each<[string, object, string]>([
    ['several answers', { n: 2 }, 'n'],
    ['a penalty', { frequency_penalty: 0.5 }, 'frequency_penalty'],
    ['other tokens beside', { logprobs: true, top_logprobs: 5 }, 'top_logprobs'],
    ['too few tokens', { max_tokens: 3 }, 'max_tokens'],
    ['JSON on order', { response_format: { type: 'json_object' } }, 'response_format.type'],
    ['a look on order', { tools: TOOLS, tool_choice: 'required' }, 'tool_choice'],
    ['one tool of the two', { tools: TOOLS.slice(0, 1) }, 'tools'],
    ['a temperature of no effect', { temperature: 1e-9 }, 'temperature'],
    ['a parameter of another server', { guided_regex: '.*' }, 'guided_regex'],
    ['a stop word', { stop: ['x'] }, 'stop'],
  ])('that asks for %s, by the parameter', async (_, more, param) => {
    const { status, error } = await send({ ...ask(), ...more });
    expect([status, error.param]).toEqual([400, param]);
  });

  it('for another model, with its name', async () => {
    const { status, error } = await send({ ...ask(), model: 'gpt' });
    expect([status, error.code]).toEqual([404, 'model_not_found']);
    expect(error.message).toContain('this server has "policy"');
  });

  it('whose body is no JSON, of another type, or too large, declared or not', async () => {
    expect(await send('{"model": ')).toMatchObject({ status: 400, error: { code: 'invalid_json' } });
    expect(await send(ask(), { ...HEADERS, 'content-type': 'text/plain' })).toMatchObject({ status: 415 });
    const large = JSON.stringify({ ...ask(), user: 'x'.repeat(300_000) });
    expect(await send(large)).toMatchObject({ status: 413, error: { code: 'request_too_large' } });
    expect(await chunked(large)).toContain('HTTP/1.1 413');
  });

  it('without the token, with another, and at a place where nothing is', async () => {
    const { authorization: _, ...without } = HEADERS;
    for (const headers of [without, { ...without, authorization: 'Bearer another' }]) {
      const { status, error } = await send(ask(), headers);
      expect([status, error.type, error.code]).toEqual([401, 'authentication_error', 'invalid_api_key']);
    }
    expect(await send(ask(), HEADERS, '/v1/embeddings')).toMatchObject({
      status: 404,
      error: { code: 'unknown_url' },
    });
    expect(await send(ask(), without, '/v1/embeddings')).toMatchObject({ status: 401 });
    const get = await fetch(`${server.url}/v1/chat/completions`, { headers: HEADERS });
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('and the server goes on', async () => {
    const answer = await fetch(`${server.url}/health`);
    expect(await answer.json()).toEqual({ status: 'ok', answering: 0 });
    expect((await send(ask())).status).toBe(200);
  });
});

/** The status line of an answer to a body whose length is not declared. */
function chunked(body: string): Promise<string> {
  const { hostname, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      const head = Object.entries({ ...HEADERS, host: hostname, 'transfer-encoding': 'chunked' });
      socket.write(
        `POST /v1/chat/completions HTTP/1.1\r\n${head.map(([k, v]) => `${k}: ${v}\r\n`).join('')}\r\n`,
      );
      socket.write(`${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`);
    });
    socket.once('data', (data) => {
      resolve(data.toString('utf8').split('\r\n')[0]!);
      socket.destroy();
    });
    socket.once('error', reject);
  });
}
