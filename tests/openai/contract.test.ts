import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, vi } from 'vitest';
import type { EndpointSpec } from '../../domain/conversation/spec.js';
import { policyFromFolder } from '../../infra/client/served-policy.js';
import { preflight } from '../../infra/openai/preflight.js';
import { servePolicy } from '../../infra/serve/server.js';
import { policyEngineContract, type EngineUnderTest } from '../contracts/policy-engine.js';
import { withPictures } from './support/with-pictures.js';
import { exported, randomPolicy } from '../serve/support/policies.js';
import { findServingPython, startTransformersServer } from '../support/openai/transformers-server.js';
import { startChatServer, type ChatBody, type Reply } from './support/chat-server.js';
import { endpoint, engineFor, picture, request, served } from './support/talk.js';

// Sessions are made, and torch is imported; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 300_000 });

/** A model of few words: looks twice, then answers; calls as its server lets it. */
function speaks(native: boolean, { messages, tools }: ChatBody): Reply {
  const logProbs = [{ token: 'a', logprob: -0.1 }];
  const turn = messages.filter(({ role }) => role === 'assistant').length;
  const mayLook = native
    ? tools !== undefined
    : !JSON.stringify(messages.at(-1)).includes('You cannot look any more');
  if (!mayLook || turn >= 2) return { content: '<think>read</think><answer>STOP</answer>', logProbs };
  const call = { name: 'crop', arguments: '{"target_frame":2,"bbox_2d":[0,0,0.5,0.5]}' };
  if (native) return { calls: [call], logProbs };
  return { content: `<tool_call>{"name":"crop","arguments":${call.arguments}}</tool_call>`, logProbs };
}

function underTest(native: boolean, more: (body: ChatBody) => Reply | null = () => null) {
  return async (): Promise<EngineUnderTest> => {
    const server = await startChatServer(({ body }) => more(body) ?? speaks(native, body));
    const engine = engineFor([endpoint(server.url)]);
    return {
      engine,
      request: (turns, { key = 'test', ...options }) => request({ turns, key, ...options }),
      look: ({ action }) =>
        action === null || action.tool === 'answer'
          ? { kind: 'refused', reason: 'nothing was asked for.' }
          : { kind: 'looks', call: action, pictures: [picture(2, { box01: [0, 0, 0.5, 0.5] })] },
      close: async () => {
        await engine.close();
        await server.close();
      },
    };
  };
}

policyEngineContract('openai, over a server with tool calls', underTest(true));
policyEngineContract('openai, over a server that ignores tools', underTest(false));
policyEngineContract(
  'openai, over a server that refuses tools',
  underTest(false, ({ tools }) =>
    tools === undefined
      ? null
      : {
          status: 400,
          json: { error: { message: '"auto" tool choice requires --enable-auto-tool-choice' } },
        },
  ),
);

/** A real server: met as a command meets it, and shown real pictures. */
async function overReal(
  url: string,
  model: string | null,
  frames: number,
  maxTokens: number,
  stop: () => Promise<void>,
): Promise<EngineUnderTest> {
  const { timeouts } = served([]);
  const wish: Omit<EndpointSpec, 'model'> & { readonly model: string | null } = { ...endpoint(url), model };
  const { endpoints } = await preflight([wish], timeouts);
  const engine = engineFor(endpoints);
  return withPictures(engine, {
    frames,
    maxTokens,
    close: async () => {
      await engine.close();
      await stop();
    },
  });
}

policyEngineContract('openai, over ruminate serve', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ruminate-contract-'));
  const path = await exported(join(folder, 'policy'), randomPolicy(5, true));
  const server = await servePolicy(await policyFromFolder(path, 1), {
    ...{ host: '127.0.0.1', port: 0, token: null },
  });
  return overReal(`${server.url}/v1`, null, 8, 256, async () => {
    await server.close();
    await rm(folder, { recursive: true, force: true });
  });
});

const python = findServingPython();
const why = 'missing' in python ? `, skipped: ${python.missing}` : '';
describe.skipIf(why !== '')(`an independent server${why}`, () => {
  policyEngineContract('openai, over transformers serve', async () => {
    if ('missing' in python) throw new Error(python.missing);
    const server = await startTransformersServer(python.path);
    return overReal(`${server.url}/v1`, server.model, 2, 12, server.stop);
  });
});
