import { policyEngineContract, type EngineUnderTest } from '../contracts/policy-engine.js';
import { startChatServer, type ChatBody, type Reply } from './support/chat-server.js';
import { endpoint, engineFor, picture, request } from './support/talk.js';

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
