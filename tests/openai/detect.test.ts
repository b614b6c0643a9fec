import { afterEach, expect, it } from 'vitest';
import { preflight } from '../../infra/openai/preflight.js';
import {
  startChatServer,
  type ChatBody,
  type ChatServer,
  type Models,
  type Reply,
} from './support/chat-server.js';
import { endpoint, engineFor, served } from './support/talk.js';

const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0)) await one.close();
});

async function server(...args: Parameters<typeof startChatServer>): Promise<ChatServer> {
  const started = await startChatServer(...args);
  open.push(started);
  return started;
}

const hasPicture = ({ messages }: ChatBody): boolean => JSON.stringify(messages).includes('image_url');
const refused = (message: string): Reply => ({ status: 400, json: { error: { message } } });

it('a server with tools is found out by one call', async () => {
  const { url, asked } = await server(() => ({
    calls: [{ name: 'crop', arguments: '{}' }],
    logProbs: [{ token: 'x', logprob: 0 }],
  }));
  const engine = engineFor([endpoint(url)]);
  open.push(engine);
  expect(await engine.capabilities()).toMatchObject({
    tools: true,
    vision: true,
    logProbs: true,
    train: false,
  });
  expect(asked).toHaveLength(1);
});

it('a server without tools is asked again without them, and several can what all of them can', async () => {
  const plain = await server(({ body }) =>
    body.tools === undefined ? { content: 'ready' } : refused('tools are not supported'),
  );
  const rich = await server(() => ({ calls: [{ name: 'crop', arguments: '{}' }] }));
  const engine = engineFor([endpoint(plain.url), endpoint(rich.url)]);
  open.push(engine);
  expect(await engine.capabilities()).toMatchObject({ tools: false, vision: true });
});

it('a model without vision is told as one', async () => {
  const { url } = await server(({ body }) =>
    hasPicture(body) ? refused('tiny-vl is not a multimodal model') : { content: 'ready' },
  );
  const engine = engineFor([endpoint(url)]);
  open.push(engine);
  await expect(engine.capabilities()).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringContaining(`tiny-vl at ${url} takes no pictures`) as string,
    hint: expect.stringContaining('vision-language model') as string,
  });
});

it('a server that refuses the tools that are demanded is told as one, and with auto it is spoken with in text', async () => {
  const { url } = await server(({ body }) =>
    body.tools === undefined ? { content: 'ready' } : refused('tools are not supported'),
  );
  const demanding = engineFor([endpoint(url)], { protocol: 'tools' });
  open.push(demanding);
  await expect(demanding.capabilities()).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringContaining(
      `--protocol tools: tiny-vl at ${url} makes no tool calls; it said`,
    ) as string,
    hint: expect.stringContaining('--protocol text') as string,
  });
});

it('a server that refuses even the smallest request stops the run at once', async () => {
  const { url } = await server(() => refused('no, thank you'));
  const engine = engineFor([endpoint(url)]);
  open.push(engine);
  await expect(engine.capabilities()).rejects.toMatchObject({ name: 'UserError' });
});

it('limits are what is listed now, and a person’s word on the context counts before it', async () => {
  let models: Models = [
    { id: 'tiny-vl', max_model_len: 4096 },
    { id: 'other', max_model_len: 8 },
  ];
  const { url } = await server(() => ({}), { models: () => models });
  const plain = await server(() => ({}));
  const engine = engineFor([endpoint(url), endpoint(plain.url)]);
  const told = engineFor([endpoint(url)], { contextTokens: 9000 });
  open.push(engine, told);
  expect(await engine.limits()).toEqual({ contextTokens: 4096, overviewFrames: null, maxLooks: null });
  expect((await told.limits()).contextTokens).toBe(9000);
  const capabilities = { vision: true, tools: true, logprobs: false };
  models = [{ id: 'tiny-vl', max_model_len: 512, capabilities, overview_frames: 8, max_looks: 3 }];
  expect(await engine.limits()).toEqual({ contextTokens: 512, overviewFrames: 8, maxLooks: 3 });
  models = null;
  expect(await engine.limits()).toEqual({ contextTokens: null, overviewFrames: null, maxLooks: null });
});

it.each<[string, Models, string, string]>([
  ['a web page', '<!doctype html><title>Welcome</title>', 'got a web page', '/v1'],
  ['a server of something else', null, '/models: there is none (404)', 'such as http://127.0.0.1:8000/v1'],
])('a look ahead says that there is %s at the address', async (_, models, message, hint) => {
  const { url } = await server(() => ({}), { models });
  await expect(preflight([{ ...endpoint(url), model: null }], served([]).timeouts)).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringContaining(message) as string,
    hint: expect.stringContaining(hint) as string,
  });
});

it('a look ahead says that a host has no such name', async () => {
  const url = 'http://no-such-host.invalid/v1';
  await expect(preflight([endpoint(url)], served([]).timeouts)).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringMatching(
      /^http:\/\/no-such-host\.invalid\/v1: (there is no host of that name|the name of the host cannot be looked up now)$/,
    ) as string,
    hint: expect.stringContaining('--base-url') as string,
  });
});

it('a look ahead names the variable of a key that is not set', async () => {
  const { url } = await server(() => ({}));
  const wish = endpoint(url, { keyVariable: 'RUMINATE_NO_SUCH_KEY' });
  await expect(preflight([wish], served([]).timeouts)).rejects.toThrow(
    `${url} takes its key from RUMINATE_NO_SUCH_KEY, which is not set`,
  );
});

it('a look ahead takes the one model that is served, and names those there are where it cannot choose', async () => {
  const one = await server(() => ({}));
  const two = await server(() => ({}), { models: ['a-vl', 'b-vl'] });
  const { timeouts } = served([]);
  const wish = (url: string, model: string | null) => [{ ...endpoint(url), model }];
  expect((await preflight(wish(one.url, null), timeouts)).endpoints[0]?.model).toBe('tiny-vl');
  await expect(preflight(wish(two.url, null), timeouts)).rejects.toMatchObject({
    hint: 'choose with --model: a-vl, b-vl',
  });
  await expect(preflight(wish(two.url, 'c-vl'), timeouts)).rejects.toMatchObject({
    message: `${two.url} has no model "c-vl"`,
    hint: 'it has a-vl, b-vl',
  });
});

it('a look ahead says that nobody answers, and goes on where another does', async () => {
  const gone = await startChatServer(() => ({}));
  await gone.close();
  const { timeouts } = served([]);
  await expect(preflight([endpoint(gone.url)], timeouts)).rejects.toThrow(
    `${gone.url}: nobody answers there (connection refused)`,
  );
  const there = await server(() => ({}));
  const found = await preflight([endpoint(gone.url), endpoint(there.url)], timeouts);
  expect(found.endpoints).toHaveLength(2);
  expect(found.warnings[0]).toContain('the others are used until it is back');
});
