import { randomBytes, randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { readJson } from './body.js';
import { readConversation } from './conversation.js';
import { badRequest, RequestError } from './errors.js';
import type { Gate } from './gate.js';
import type { Limits } from './limits.js';
import { completionOf } from './reply.js';
import { readRequest, type ChatRequest } from './request.js';
import type { ServedPolicy } from './served-policy.js';
import { eventsOf } from './stream.js';
import { nameHash } from '../../domain/seeds.js';

export interface ChatDeps {
  readonly policy: ServedPolicy;
  readonly limits: Limits;
  readonly gate: Gate;
}

/** Answers one `POST /v1/chat/completions`. Nothing is written before the turn is drawn, so that an error has its status. */
export async function answerChat(
  { policy, limits, gate }: ChatDeps,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const leave = gate.enter();
  const gone = new AbortController();
  response.once('close', () => {
    gone.abort(new Error('the client went away'));
  });
  try {
    const chat = readRequest(await readJson(request, limits.bodyBytes));
    refuseOtherModel(chat.model, policy);
    const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(limits.answerMs)]);
    const completion = await gate
      .work(() => nextTurn(policy, chat, limits, signal), signal)
      .catch(overdue(limits));
    response.setHeader('x-ruminate-seed', String(completion.seed));
    if (chat.stream === true)
      tell(response, eventsOf(completion, chat.stream_options?.include_usage === true));
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(completion));
  } finally {
    leave();
  }
}

async function nextTurn(policy: ServedPolicy, chat: ChatRequest, limits: Limits, signal: AbortSignal) {
  const { maxLooks } = policy;
  const native = isNative(chat);
  const conversation = await readConversation(
    chat.messages,
    { maxLooks, maxPixels: limits.picturePixels },
    signal,
  );
  const looks = conversation.turns.length;
  const forced = looks >= maxLooks || chat.tool_choice === 'none';
  const seed = chat.seed ?? randomBytes(4).readUInt32LE();
  const terms = {
    greedy: chat.temperature === 0,
    temperature: chat.temperature === 0 ? 1 : (chat.temperature ?? 1),
    topP: chat.top_p ?? 1,
    // One seed for a whole conversation shall not draw each of its turns alike.
    seed: nameHash(seed, 'turn', looks),
    forced,
  };
  const turn = await policy.draw(conversation, terms, signal);
  return completionOf(policy, turn, {
    looks,
    forced,
    native,
    seed,
    logProbs: chat.logprobs === true,
    id: `chatcmpl-${randomUUID()}`,
    createdSec: Math.floor(Date.now() / 1000),
  });
}

/** Whether looks are told as tool calls. The policy may take either look, so both tools must be there. */
function isNative({ tools }: ChatRequest): boolean {
  if (tools == null || tools.length === 0) return false;
  const names = tools.map(({ function: { name } }) => name);
  const missing = ['clip', 'crop'].filter((name) => !names.includes(name));
  if (missing.length === 0) return true;
  throw badRequest(
    `expected tools named clip and crop, or none (the text protocol): there is no ${missing.join(' and no ')}`,
    'tools',
  );
}

function refuseOtherModel(model: string, { id }: ServedPolicy): void {
  if (model !== id)
    throw new RequestError(404, `there is no model "${model}"; this server has "${id}"`, {
      param: 'model',
      code: 'model_not_found',
    });
}

function overdue({ answerMs }: Limits): (error: unknown) => never {
  return (error) => {
    if (error instanceof DOMException && error.name === 'TimeoutError')
      throw new RequestError(503, `no answer within ${answerMs / 1000} s: the policy is busy`, {
        code: 'timed_out',
        headers: { 'retry-after': '5' },
      });
    throw error;
  };
}

function tell(response: ServerResponse, events: readonly string[]): void {
  response.setHeader('content-type', 'text/event-stream; charset=utf-8');
  response.setHeader('cache-control', 'no-cache');
  for (const event of events) response.write(`data: ${event}\n\n`);
  response.end();
}
