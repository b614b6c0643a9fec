import { EnvHttpProxyAgent, request, type Dispatcher } from 'undici';
import type { EndpointSpec, Timeouts } from '../../domain/conversation/spec.js';
import { brokenFailure, CallFailure, connectionFailure, statusFailure } from './failures.js';
import { redacted } from './keys.js';

/** One connection pool for all endpoints; proxies are taken from the environment, as by every other program. */
export function openDispatcher({ connectMs }: Timeouts): Dispatcher {
  // Our own clocks watch the answer: those of the pool would also end a model that thinks for long.
  return new EnvHttpProxyAgent({ connect: { timeout: connectMs }, headersTimeout: 0, bodyTimeout: 0 });
}

export interface HttpCall {
  readonly endpoint: EndpointSpec;
  readonly key: string | null;
  readonly path: string;
  /** Sent as JSON with POST; GET without. */
  readonly body?: unknown;
  readonly timeouts: Timeouts;
  readonly signal?: AbortSignal;
}

export interface HttpAnswer {
  readonly type: string;
  /** Decoded text as it comes; each piece is waited for no longer than the time-outs allow. */
  readonly pieces: AsyncIterable<string>;
  /** The reader has seen a token: servers send empty pieces long before the first. */
  readonly begun: () => void;
}

/** Calls and reads. Whatever keeps a 2xx answer from coming whole is a CallFailure; a cancelled call rethrows the cancellation. */
export async function call<T>(
  dispatcher: Dispatcher,
  { endpoint, key, path, body, timeouts, signal }: HttpCall,
  read: (answer: HttpAnswer) => Promise<T>,
): Promise<T> {
  const clock = new Clock(signal);
  try {
    clock.allow(timeouts.firstTokenMs, `no token within ${timeouts.firstTokenMs / 1000} s`);
    const answer = await request(`${endpoint.url}${path}`, {
      dispatcher,
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        accept: 'application/json, text/event-stream',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: clock.signal,
    });
    const { statusCode, headers } = answer;
    if (statusCode < 200 || statusCode >= 300) {
      const said = redacted(messageIn(await answer.body.text().catch(() => '')), [key]);
      throw statusFailure(endpoint, statusCode, said, headers);
    }
    const type = String(headers['content-type'] ?? '');
    let begun = false;
    const late = `the answer stood still for ${timeouts.betweenTokensMs / 1000} s`;
    const onPiece = (): void => {
      if (begun) clock.allow(timeouts.betweenTokensMs, late);
    };
    return await read({ type, pieces: pieces(answer.body, onPiece), begun: () => (begun = true) });
  } catch (error) {
    if (signal?.aborted === true) throw signal.reason;
    if (error instanceof CallFailure) throw error;
    if (clock.late !== null) throw brokenFailure(endpoint, 'time-out', clock.late);
    throw connectionFailure(endpoint, error);
  } finally {
    clock.stop();
  }
}

async function* pieces(body: AsyncIterable<Uint8Array>, onPiece: () => void): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const bytes of body) {
    yield decoder.decode(bytes, { stream: true });
    onPiece();
  }
}

/** The message in an error's body, in whichever of the usual places, and never a page of it. */
function messageIn(body: string): string {
  let found: unknown = body;
  try {
    const parsed: unknown = JSON.parse(body);
    for (const path of [['error', 'message'], ['message'], ['detail'], ['error']]) {
      const at = path.reduce<unknown>((value, name) => (isRecord(value) ? value[name] : undefined), parsed);
      if (at === undefined) continue;
      found = at;
      break;
    }
  } catch {
    // Not JSON: the text itself.
  }
  const text = typeof found === 'string' ? found : JSON.stringify(found);
  const line = text
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return line.length > MOST_WORDS ? `${line.slice(0, MOST_WORDS)}…` : line;
}

const MOST_WORDS = 400;

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

/** Ends a call that is late, and says of what; passes on the caller's cancellation. */
class Clock {
  readonly #controller = new AbortController();
  readonly signal: AbortSignal;
  #timer: NodeJS.Timeout | undefined;
  late: string | null = null;

  constructor(outer: AbortSignal | undefined) {
    this.signal =
      outer === undefined ? this.#controller.signal : AbortSignal.any([outer, this.#controller.signal]);
  }

  /** From now on, something must happen within `ms`. */
  allow(ms: number, otherwise: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.late = otherwise;
      this.#controller.abort();
    }, ms);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
