import { afterEach, expect, it } from 'vitest';
import { preflight } from '../../infra/openai/preflight.js';
import { startChatServer, type ChatBody, type ChatServer, type Reply } from './support/chat-server.js';
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
