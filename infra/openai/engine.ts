import type {
  Capabilities,
  PolicyEngine,
  SampleRequest,
  ServedLimits,
} from '../../activities/policy-engine.js';
import { assemble, type ChatMessage, type OpenConversation } from '../../domain/conversation/assemble.js';
import { spentOn } from '../../domain/conversation/ledger.js';
import type { SpokenMessage } from '../../domain/conversation/records.js';
import { promptSize, sizeText } from '../../domain/conversation/room.js';
import type { EndpointSpec, ServedModel } from '../../domain/conversation/spec.js';
import { DataFailure } from '../../domain/failures.js';
import { readReply } from '../../domain/protocol/chat.js';
import { adapts } from './adapt.js';
import type { ChatClient } from './client.js';
import type { Completion } from './completion.js';
import { detect, together } from './detect.js';
import { CallFailure } from './failures.js';
import { limitsNow } from './limits.js';
import type { EndpointPool, Lease } from './pool.js';
import { SMALLER } from './refusals.js';

/** A model behind OpenAI-compatible servers: it samples, and that is all. */
export class OpenAiEngine implements PolicyEngine {
  readonly name = 'openai';
  readonly #served: ServedModel;
  readonly #client: ChatClient;
  readonly #pool: EndpointPool;

  /** @param pool shared by all engines of the process, because the limits are the endpoints' */
  constructor(served: ServedModel, client: ChatClient, pool: EndpointPool) {
    this.#served = served;
    this.#client = client;
    this.#pool = pool;
  }

  /** Asks every endpoint something small: see `detect`. */
  async capabilities(signal?: AbortSignal): Promise<Capabilities> {
    const { endpoints, protocol } = this.#served;
    const found = await Promise.all(
      endpoints.map((endpoint) => detect(this.#client, this.#pool, endpoint, protocol, signal)),
    );
    return { ...together(found), sample: true, train: false, embed: false, gpu: false };
  }

  async limits(signal?: AbortSignal): Promise<ServedLimits> {
    const { endpoints, contextTokens } = this.#served;
    const limits = await limitsNow(this.#client, endpoints, signal);
    return contextTokens === undefined ? limits : { ...limits, contextTokens };
  }

  async sample(request: SampleRequest, signal?: AbortSignal): Promise<SpokenMessage> {
    const { endpoints, tries } = this.#served;
    const messages = assemble(readable(request.conversation, endpoints));
    const wasted = [...(request.wasted ?? [])];
    const startedMs = Date.now();
    for (let attempt = 1; ; attempt++) {
      const lease = await this.#pool.acquire(endpoints, `${request.key}/${attempt}`, signal);
      try {
        const completion = await this.#complete(lease, messages, request, signal);
        lease.done();
        return spoken(completion, lease.endpoint, request, wasted, Date.now() - startedMs);
      } catch (error) {
        if (!(error instanceof CallFailure)) {
          lease.abandon();
          throw error;
        }
        wasted.push(error.why);
        request.onWaste?.(wasted, error.told.message);
        if (adapts(lease, error)) continue;
        if (error.again === 'never') lease.abandon();
        else lease.failed(error.again);
        if (error.again === 'never') throw explained(error, request, messages);
        if (attempt >= tries) throw error.told;
      }
    }
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async #complete(
    lease: Lease,
    messages: readonly ChatMessage[],
    { conversation, sampling, picture }: SampleRequest,
    signal: AbortSignal | undefined,
  ): Promise<Completion> {
    if (lease.ailing) await this.#client.models(lease.endpoint, signal);
    const { protocol, final } = conversation;
    const tools = protocol === 'tools' && !final;
    // A model that reads no demand must be told by the request; others are told in words, and some refuse this.
    const answerNow = final && lease.endpoint.listed !== undefined;
    return this.#client.complete(
      lease.endpoint,
      { messages, tools, answerNow, sampling, refused: lease.refused, picture },
      signal,
    );
  }
}

/**
 * A model that knows its own turns alone cannot be shown one that came to nothing and has no text: a call whose name
 * was garbled on its way. It is asked again instead.
 */
function readable(conversation: OpenConversation, endpoints: readonly EndpointSpec[]): OpenConversation {
  if (endpoints.every(({ listed }) => listed?.overviewFrames == null)) return conversation;
  const turns = conversation.turns.filter(
    ({ spoken: { action, text } }) => action !== null || text.trim() !== '',
  );
  return { ...conversation, turns };
}

function spoken(
  { reply, logProbs, usage, model, finish }: Completion,
  endpoint: EndpointSpec,
  { conversation: { final, protocol } }: SampleRequest,
  wasted: readonly string[],
  timeMs: number,
): SpokenMessage {
  const { thought, action, native, ...rest } = readReply(reply, final);
  const cut = finish === 'length' ? ' (the message was cut off at its longest)' : '';
  return {
    thought,
    action,
    ...('failure' in rest ? { failure: `${rest.failure}${cut}` } : {}),
    text: reply.content,
    native,
    final,
    logProbs,
    protocol,
    by: { url: endpoint.url, model: model ?? endpoint.model },
    spent: spentOn(usage, endpoint.prices, wasted),
    timeMs,
  };
}

/** A context too small is told with the sum of what was to fit into it. */
function explained(
  { why, told }: CallFailure,
  { sampling }: SampleRequest,
  messages: readonly ChatMessage[],
): Error {
  if (why !== 'context too small') return told;
  const needed = sizeText(promptSize(messages, sampling.maxTokens));
  return new DataFailure(
    `${told.message}; the prompt needs ${needed}; ${SMALLER}, lower --max-tokens, or serve the model with a longer context`,
    { cause: told },
  );
}
