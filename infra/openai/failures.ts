import { DataFailure, InfrastructureFailure, UserError } from '../../domain/failures.js';
import type { EndpointSpec } from '../../domain/conversation/spec.js';
import { refusalOf } from './refusals.js';

/** A call that gave no message: why, in a word for the ledger, and what is to be done about it. */
export class CallFailure extends Error {
  override readonly name = 'CallFailure';
  /** Counted under this, e.g. `429` or `broken stream`. */
  readonly why: string;
  /** Milliseconds that the server asks us to wait; null where it does not say; `never` where it would not help. */
  readonly again: number | null | 'never';
  /** What the person is told if it is not tried again. */
  readonly told: Error;
  /** A parameter of ours that the server does not take. */
  readonly parameter: string | null;

  constructor(
    why: string,
    told: Error,
    again: number | null | 'never' = null,
    parameter: string | null = null,
  ) {
    super(told.message, { cause: told });
    this.why = why;
    this.again = again;
    this.told = told;
    this.parameter = parameter;
  }
}

/** An answer with a status other than 2xx. `said` is the server's own message, keys removed. */
export function statusFailure(
  endpoint: EndpointSpec,
  status: number,
  said: string,
  headers: Readonly<Record<string, string | string[] | undefined>>,
): CallFailure {
  const { url, model, keyVariable } = endpoint;
  const words = said === '' ? '' : `: ${said}`;
  const user = (message: string, hint: string): CallFailure =>
    new CallFailure(String(status), new UserError(message, hint), 'never');
  if (status === 401 || status === 403)
    return keyVariable === null
      ? user(
          `${url} wants a key (${status}), and none was sent${words}`,
          'export OPENAI_API_KEY=…, or name its variable with --key-variable',
        )
      : user(
          `${url} refuses the key in ${keyVariable} (${status})${words}`,
          `check ${keyVariable}, and that it belongs to this endpoint`,
        );
  if (status >= 300 && status < 400)
    return user(
      `${url} sends elsewhere (${status}, ${one(headers['location']) ?? 'no place named'})`,
      'name that address with --base-url',
    );
  if (status === 402 || (status === 429 && /insufficient_quota|billing/i.test(said)))
    return user(
      `${url} has no quota left (${status})${words}`,
      'see the account of this endpoint, or name another with --base-url',
    );
  if (status === 429 || status === 408 || status === 409 || status === 425 || status >= 500)
    return new CallFailure(
      String(status),
      new InfrastructureFailure(`${url} answered ${status}${words}`),
      retryAfterMs(headers),
    );
  if (CONTEXT.test(said))
    return new CallFailure(
      'context too small',
      new DataFailure(`${url}: the context of ${model} is too small${words}`),
      'never',
    );
  if (status === 404 && /model/i.test(said))
    return user(
      `${url} has no model "${model}" (404)${words}`,
      'ruminate ask lists those that the server names: leave --model out',
    );
  if (status === 404 || status === 405)
    return user(
      `${url}/chat/completions: ${status}${words}`,
      'expected the base URL of an OpenAI-compatible server, such as http://127.0.0.1:8000/v1',
    );
  return new CallFailure(String(status), refusalOf(endpoint, status, said), 'never', parameterIn(said));
}

/** The name of a parameter of ours in a server's complaint. */
export function parameterIn(said: string): string | null {
  return PARAMETERS.find((name) => new RegExp(`\\b${name}\\b`).test(said)) ?? null;
}

/** Longest names first: `logprobs` is part of none, but `max_tokens` stands in complaints that name its successor. */
const PARAMETERS = [
  'stream_options',
  'parallel_tool_calls',
  'tool_choice',
  'tools',
  'logprobs',
  'seed',
  'top_p',
  'temperature',
  'max_tokens',
];

const CONTEXT =
  /context length|context window|maximum context|max_model_len|too many tokens|prompt is too long|longer than the maximum/i;

/** Something that broke before or below HTTP, or in the middle of an answer. */
export function brokenFailure(
  endpoint: EndpointSpec,
  why: string,
  detail: string,
  cause?: unknown,
): CallFailure {
  return new CallFailure(why, new InfrastructureFailure(`${endpoint.url}: ${detail}`, { cause }));
}

/** What a failed connection means, by the code of the system or of the HTTP client. */
export function connectionFailure(endpoint: EndpointSpec, error: unknown): CallFailure {
  const code = codeOf(error);
  const known = code === null ? undefined : CODES[code];
  const detail = known ?? (error instanceof Error ? error.message : String(error));
  return brokenFailure(endpoint, known === undefined ? 'connection' : (code ?? 'connection'), detail, error);
}

const CODES: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody answers there (connection refused)',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: 'the name of the host cannot be looked up now',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  UND_ERR_SOCKET: 'the connection was cut',
  UND_ERR_CONNECT_TIMEOUT: 'no connection within the time allowed',
  ETIMEDOUT: 'no connection within the time allowed',
  EHOSTUNREACH: 'the host cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
};

/** `Retry-After` in seconds or as a date, or the finer `retry-after-ms`; at most an hour. */
export function retryAfterMs(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  nowMs: number = Date.now(),
): number | null {
  const fine = Number(one(headers['retry-after-ms']) ?? NaN);
  if (fine >= 0) return Math.min(fine, LONGEST_WAIT_MS);
  const given = one(headers['retry-after']);
  if (given === undefined) return null;
  const ms = /^\d+(\.\d+)?$/.test(given.trim()) ? Number(given) * 1000 : Date.parse(given) - nowMs;
  return Number.isFinite(ms) ? Math.min(Math.max(0, ms), LONGEST_WAIT_MS) : null;
}

const LONGEST_WAIT_MS = 3_600_000;

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/** The code nearest to the cause. */
function codeOf(error: unknown): string | null {
  let found: string | null = null;
  for (let at: unknown = error; typeof at === 'object' && at !== null; at = 'cause' in at ? at.cause : null) {
    if ('code' in at && typeof at.code === 'string') found = at.code;
    if ('errors' in at && Array.isArray(at.errors) && found === null) found = codeOf(at.errors[0]);
  }
  return found;
}
