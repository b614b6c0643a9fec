import { createParser } from 'eventsource-parser';
import type { TokenLogProb } from '../../domain/conversation/records.js';
import type { Usage } from '../../domain/conversation/ledger.js';
import type { ChatReply } from '../../domain/protocol/chat.js';
import type { EndpointSpec } from '../../domain/conversation/spec.js';
import { brokenFailure } from './failures.js';
import type { HttpAnswer } from './http.js';

/** A completion, whole, however it came. */
export interface Completion {
  readonly reply: ChatReply;
  readonly logProbs: readonly TokenLogProb[] | null;
  readonly usage: Usage | null;
  /** The server's own name of the model. */
  readonly model: string | null;
  /** `stop`, `tool_calls`, `length` … */
  readonly finish: string;
}

/** Reads a stream of events, or one JSON object where the server does not stream. Untrusted: nothing in it is believed to have its form. */
export async function readCompletion(
  endpoint: EndpointSpec,
  { type, pieces, begun }: HttpAnswer,
): Promise<Completion> {
  const sum = new Sum(endpoint);
  if (!type.includes('text/event-stream')) {
    let body = '';
    for await (const piece of pieces) body = bounded(endpoint, body + piece);
    sum.add(parsed(endpoint, body), 'message');
    return sum.whole();
  }
  let bytes = 0;
  const parser = createParser({
    onEvent: ({ data }) => {
      if (data.trim() !== '[DONE]') sum.add(parsed(endpoint, data), 'delta');
    },
  });
  for await (const piece of pieces) {
    bytes += piece.length;
    if (bytes > MOST_CHARACTERS) throw tooLong(endpoint);
    parser.feed(piece);
    if (sum.begun) begun();
  }
  return sum.whole();
}

/** A message of 64 thousand tokens with log-probabilities fits many times. */
const MOST_CHARACTERS = 64 * 2 ** 20;

function bounded(endpoint: EndpointSpec, body: string): string {
  if (body.length > MOST_CHARACTERS) throw tooLong(endpoint);
  return body;
}

function tooLong(endpoint: EndpointSpec): Error {
  return brokenFailure(endpoint, 'endless answer', `the answer is longer than ${MOST_CHARACTERS} characters`);
}

/** Adds up the choices' first, piece by piece. */
class Sum {
  readonly #endpoint: EndpointSpec;
  #content = '';
  #reasoning = '';
  readonly #calls: { name: string; arguments: string }[] = [];
  readonly #logProbs: TokenLogProb[] = [];
  #usage: Usage | null = null;
  #model: string | null = null;
  #finish: string | null = null;

  constructor(endpoint: EndpointSpec) {
    this.#endpoint = endpoint;
  }

  add(chunk: Fields, where: 'delta' | 'message'): void {
    if (chunk['error'] !== undefined && chunk['error'] !== null) {
      const said = text(fields(chunk['error'])['message']) || JSON.stringify(chunk['error']);
      throw brokenFailure(this.#endpoint, 'error in the answer', `said in its answer: ${said.slice(0, 400)}`);
    }
    this.#model = text(chunk['model']) || this.#model;
    this.#usage = usageIn(chunk['usage']) ?? this.#usage;
    const choice = fields(list(chunk['choices'])[0]);
    const said = fields(choice[where]);
    this.#content += text(said['content']);
    this.#reasoning += text(said['reasoning_content']) || text(said['reasoning']);
    list(said['tool_calls']).forEach((given, place) => {
      const call = fields(given);
      const index = typeof call['index'] === 'number' ? call['index'] : place;
      const own = fields(call['function']);
      const known = (this.#calls[index] ??= { name: '', arguments: '' });
      known.name += text(own['name']);
      // Some servers send the arguments as an object.
      known.arguments +=
        typeof own['arguments'] === 'object' && own['arguments'] !== null
          ? JSON.stringify(own['arguments'])
          : text(own['arguments']);
    });
    for (const entry of list(fields(choice['logprobs'])['content'])) {
      const { token, logprob } = fields(entry);
      if (typeof token === 'string' && typeof logprob === 'number')
        this.#logProbs.push({ token, logProb: logprob });
    }
    this.#finish = text(choice['finish_reason']) || this.#finish;
  }

  /** Whether a token has come. */
  get begun(): boolean {
    return this.#content !== '' || this.#reasoning !== '' || this.#calls.length > 0;
  }

  /** A stream that ends before it says why it ends was cut off. */
  whole(): Completion {
    if (this.#finish === null)
      throw brokenFailure(this.#endpoint, 'broken stream', 'the answer broke off before its end');
    return {
      reply: { content: this.#content, reasoning: this.#reasoning, calls: this.#calls.filter(Boolean) },
      logProbs: this.#logProbs.length > 0 ? this.#logProbs : null,
      usage: this.#usage,
      model: this.#model,
      finish: this.#finish,
    };
  }
}

type Fields = Readonly<Record<string, unknown>>;

function parsed(endpoint: EndpointSpec, json: string): Fields {
  try {
    const value: unknown = JSON.parse(json);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
  } catch {
    // Told below, with what came.
  }
  throw brokenFailure(
    endpoint,
    'invalid JSON',
    `expected JSON in the answer, got ${JSON.stringify(json.slice(0, 80))}`,
  );
}

function usageIn(value: unknown): Usage | null {
  const usage = fields(value);
  const { prompt_tokens: prompt, completion_tokens: completion } = usage;
  if (typeof prompt !== 'number' || typeof completion !== 'number') return null;
  const cached = fields(usage['prompt_tokens_details'])['cached_tokens'];
  return {
    promptTokens: prompt,
    cachedTokens: typeof cached === 'number' ? cached : 0,
    completionTokens: completion,
  };
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
