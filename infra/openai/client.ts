import type { Dispatcher } from 'undici';
import type { ChatMessage } from '../../domain/conversation/assemble.js';
import type { ShownPicture } from '../../domain/conversation/records.js';
import type { ChatSampling, EndpointSpec, ListedModel, Timeouts } from '../../domain/conversation/spec.js';
import { readCompletion, type Completion } from './completion.js';
import { brokenFailure } from './failures.js';
import { call, openDispatcher } from './http.js';
import { redacted, type KeyFinder } from './keys.js';
import { listedIn } from './listed.js';
import { requestBody, type Refused } from './wire.js';

export interface ChatRequest {
  readonly messages: readonly ChatMessage[];
  readonly tools: boolean;
  /** Whether it must be the answer, for a server that has to be told. */
  readonly answerNow: boolean;
  readonly sampling: ChatSampling;
  readonly refused: Refused;
  readonly picture: (shown: ShownPicture) => Promise<Uint8Array>;
}

/** A model as a server lists it. */
export interface ServedModelInfo {
  readonly id: string;
  /** Tokens of prompt and message together, where the server says (vLLM does). */
  readonly contextTokens: number | null;
  readonly listed: ListedModel | null;
}

/** The two calls of an OpenAI-compatible server that are made here, each once: who calls decides on another try. */
export class ChatClient {
  readonly #dispatcher: Dispatcher;
  readonly #timeouts: Timeouts;
  readonly #keyOf: KeyFinder;

  constructor(timeouts: Timeouts, keyOf: KeyFinder) {
    this.#timeouts = timeouts;
    this.#keyOf = keyOf;
    this.#dispatcher = openDispatcher(timeouts);
  }

  /** One completion. Throws a CallFailure, or the reason of the signal. */
  async complete(endpoint: EndpointSpec, request: ChatRequest, signal?: AbortSignal): Promise<Completion> {
    const key = this.#keyOf(endpoint);
    const body = await requestBody({ ...request, model: endpoint.model });
    const completion = await call(
      this.#dispatcher,
      {
        endpoint,
        key,
        path: '/chat/completions',
        body,
        timeouts: this.#timeouts,
        ...(signal ? { signal } : {}),
      },
      (answer) => readCompletion(endpoint, answer),
    );
    return key === null
      ? completion
      : (JSON.parse(redacted(JSON.stringify(completion), [key])) as Completion);
  }

  /** The models that a server lists. */
  async models(endpoint: EndpointSpec, signal?: AbortSignal): Promise<readonly ServedModelInfo[]> {
    const timeouts = { ...this.#timeouts, firstTokenMs: LIST_MS };
    return call(
      this.#dispatcher,
      { endpoint, key: this.#keyOf(endpoint), path: '/models', timeouts, ...(signal ? { signal } : {}) },
      async ({ pieces }) => {
        let body = '';
        for await (const piece of pieces) {
          body += piece;
          if (body.length > MOST_CHARACTERS) break;
        }
        return modelsIn(endpoint, body);
      },
    );
  }

  close(): Promise<void> {
    return this.#dispatcher.destroy();
  }
}

/** A list is soon made, or the server is not well. */
const LIST_MS = 15_000;
const MOST_CHARACTERS = 8 * 2 ** 20;

function modelsIn(endpoint: EndpointSpec, body: string): readonly ServedModelInfo[] {
  let data: unknown;
  try {
    data = (JSON.parse(body) as { data?: unknown } | null)?.data;
  } catch {
    data = undefined;
  }
  if (!Array.isArray(data) && /^\s*</.test(body))
    throw brokenFailure(
      endpoint,
      'web page',
      `expected a list of models at ${endpoint.url}/models, got a web page`,
    );
  if (!Array.isArray(data))
    throw brokenFailure(
      endpoint,
      'invalid JSON',
      `expected a list of models at ${endpoint.url}/models, got ${JSON.stringify(body.slice(0, 80))}`,
    );
  return data.flatMap((entry: unknown) => {
    if (typeof entry !== 'object' || entry === null || !('id' in entry) || typeof entry.id !== 'string')
      return [];
    const length = 'max_model_len' in entry ? entry.max_model_len : null;
    return [
      {
        id: entry.id,
        contextTokens: typeof length === 'number' && length > 0 ? length : null,
        listed: listedIn(entry),
      },
    ];
  });
}
