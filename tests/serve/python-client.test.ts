import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { policyFromFolder } from '../../infra/client/served-policy.js';
import { servePolicy, type PolicyServer } from '../../infra/serve/server.js';
import { findPython } from '../support/python.js';
import { promptOf, TOOLS } from './support/chat.js';
import { ramps } from './support/pictures.js';
import { exported, randomPolicy } from './support/policies.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const python = findPython(['openai']);
const skipped = 'missing' in python ? ` (skipped: ${python.missing})` : '';
if ('missing' in python) process.stderr.write(`The official Python client is not tried: ${python.missing}\n`);

const TOKEN = 'a-token-of-some-length';
const SCRIPT = `
import json, sys
from openai import OpenAI, AuthenticationError, BadRequestError

url, token, file = sys.argv[1:]
request = json.load(open(file))
client = OpenAI(base_url=url, api_key=token, max_retries=0)
whole = client.chat.completions.create(**request, logprobs=True)
tools = request.pop("tools")
text = client.chat.completions.create(**request)
pieces = client.chat.completions.create(**request, stream=True)
streamed = "".join(p.choices[0].delta.content or "" for p in pieces if p.choices)
try:
    OpenAI(base_url=url, api_key="another", max_retries=0).models.list()
except AuthenticationError as error:
    refused = error.code
try:
    client.chat.completions.create(**{**request, "messages": [{"role": "user", "content": "What?"}]})
except BadRequestError as error:
    bad = error.code
message = whole.choices[0].message
print(json.dumps({
    "models": [model.id for model in client.models.list()],
    "call": message.tool_calls[0].function.name if message.tool_calls else None,
    "tokens": len(whole.choices[0].logprobs.content),
    "completion": whole.usage.completion_tokens,
    "text": text.choices[0].message.content,
    "streamed": streamed, "refused": refused, "bad": bad,
}))
`;

describe.skipIf('missing' in python)(`the official Python client${skipped}`, () => {
  let folder: string;
  let server: PolicyServer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ruminate-python-'));
    const path = await exported(join(folder, 'policy'), randomPolicy(3, true));
    server = await servePolicy(await policyFromFolder(path, 1), { host: '127.0.0.1', port: 0, token: TOKEN });
  });
  afterAll(async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('lists, asks with and without tools, streams, and reads errors', async () => {
    if ('missing' in python) return;
    const [script, request] = [join(folder, 'ask.py'), join(folder, 'request.json')];
    const messages = [promptOf(await ramps(), 'What can you read on the sign?')];
    await writeFile(script, SCRIPT);
    await writeFile(request, JSON.stringify({ model: 'policy', messages, temperature: 0, tools: TOOLS }));
    const { stdout } = await promisify(execFile)(python.path, [script, `${server.url}/v1`, TOKEN, request]);
    const told = JSON.parse(stdout) as Record<string, unknown>;
    expect(told).toMatchObject({ models: ['policy'], refused: 'invalid_api_key', bad: 'image_missing' });
    expect(told['tokens']).toBe(told['completion']);
    expect(told['streamed']).toBe(told['text']);
    expect(told['text']).toMatch(told['call'] === null ? /^<answer>/ : /^<tool_call>/);
  });
});
