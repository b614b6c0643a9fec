import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { REWRITES, startFaultProxy, type Fault, type FaultProxy } from '../support/openai/fault-proxy.js';

const CHAT = '/v1/chat/completions';
const ANSWER = JSON.stringify({
  model: 'm',
  choices: [{ message: { tool_calls: [{ function: { name: 'crop', arguments: '{}' } }] } }],
});
const STREAM = `data: {"model":"m","choices":[{"delta":{"content":"a"}}]}\n\ndata: {"model":"m","choices":[]}\n\ndata: [DONE]\n\n`;

let behind: Server;
let target: string;
let answered = 0;
let proxy: FaultProxy;

beforeAll(async () => {
  behind = createServer((request, response) => {
    request.resume().once('end', () => {
      answered++;
      const stream = request.headers['x-stream'] === 'yes';
      response.setHeader('content-type', stream ? 'text/event-stream' : 'application/json');
      response.end(stream ? STREAM : ANSWER);
    });
  });
  await new Promise<void>((resolve) => behind.listen(0, '127.0.0.1', resolve));
  target = `http://127.0.0.1:${(behind.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => behind.close(resolve)));
afterEach(() => proxy.stop());

async function through(script: Readonly<Record<number, Fault>>): Promise<void> {
  answered = 0;
  proxy = await startFaultProxy(target, script);
}

function post(stream = false): Promise<Response> {
  const headers = { 'content-type': 'application/json', 'x-stream': stream ? 'yes' : 'no' };
  return fetch(`${proxy.url}${CHAT}`, { method: 'POST', body: '{"question":1}', headers });
}

describe('the fault proxy', () => {
  it('passes what its script does not name, counts it, and keeps what was asked', async () => {
    await through({ 2: { type: 'status', status: 429, retryAfter: '3' } });
    const first = await post();
    expect([first.status, await first.text()]).toEqual([200, ANSWER]);
    const second = await post();
    expect([second.status, second.headers.get('retry-after')]).toEqual([429, '3']);
    await second.text();
    expect((await post()).status).toBe(200);
    expect(answered).toBe(2);
    expect(proxy.billed).toBe(2);
    expect(proxy.seen.map(({ number, fault, served }) => [number, fault, served])).toEqual([
      [1, null, 200],
      [2, 'status', null],
      [3, null, 200],
    ]);
    expect(proxy.seen[0]!.body).toBe('{"question":1}');
  });

  it('numbers only the requests that the script is about', async () => {
    await through({ 1: { type: 'status', status: 500 } });
    expect((await fetch(`${proxy.url}/v1/models`)).status).toBe(200);
    expect((await post()).status).toBe(500);
    expect(proxy.billed).toBe(0);
  });

  it('resets a connection before the server hears of the request', async () => {
    await through({ 1: { type: 'reset' } });
    await expect(post()).rejects.toThrow();
    expect(answered).toBe(0);
  });

  it('keeps silent until the client gives up', async () => {
    await through({ 1: { type: 'silence' } });
    const signal = AbortSignal.timeout(100);
    await expect(fetch(`${proxy.url}${CHAT}`, { method: 'POST', body: '{}', signal })).rejects.toThrow();
    expect(answered).toBe(0);
  });

  it('cuts an answer off after the server has given it: billed, and not whole', async () => {
    await through({ 1: { type: 'cut', afterBytes: 40 } });
    const answer = await post(true);
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
    expect(proxy.billed).toBe(1);
  });

  it('tells an answer slowly, with every byte', async () => {
    await through({ 1: { type: 'slow', pieceBytes: 7, pauseMs: 1 } });
    expect(await (await post(true)).text()).toBe(STREAM);
  });

  it.each([
    ['invalidJson', false, (text: string) => expect(() => JSON.parse(text) as unknown).toThrow()],
    ['wrongTool', false, (text: string) => expect(text).toContain('"name":"zoom_lens"')],
    [
      'wrongModel',
      false,
      (text: string) => expect(JSON.parse(text)).toMatchObject({ model: 'another-model' }),
    ],
    [
      'emptyChoices',
      false,
      (text: string) => expect(JSON.parse(text)).toMatchObject({ model: 'm', choices: [] }),
    ],
    [
      'invalidJson',
      true,
      (text: string) => {
        const [event] = text.split('\n\n');
        expect(() => JSON.parse(event!.slice('data: '.length)) as unknown).toThrow();
      },
    ],
    ['wrongModel', true, (text: string) => expect(text.match(/another-model/g)).toHaveLength(2)],
    [
      'emptyChoices',
      true,
      (text: string) => {
        expect(text).not.toContain('delta');
        expect(text.endsWith('data: [DONE]\n\n')).toBe(true);
      },
    ],
  ] as const)('rewrites an answer: %s, streamed %s', async (name, stream, check) => {
    await through({ 1: { type: 'rewrite', rewrite: REWRITES[name] } });
    check(await (await post(stream)).text());
    expect(proxy.billed).toBe(1);
  });
});
