import type { IncomingMessage, ServerResponse } from 'node:http';
import { readJson } from './body.js';
import { completeChat } from './complete.js';
import { RequestError } from './errors.js';
import type { Gate } from './gate.js';
import type { Limits } from './limits.js';
import { readRequest } from './request.js';
import type { ServedPolicy } from './served-policy.js';
import { eventsOf } from './stream.js';

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
      .work(() => completeChat(policy, chat, limits, signal), signal)
      .catch(overdue(limits));
    response.setHeader('x-ruminate-seed', String(completion.seed));
    if (chat.stream === true)
      tell(response, eventsOf(completion, chat.stream_options?.include_usage === true));
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(completion));
  } finally {
    leave();
  }
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
