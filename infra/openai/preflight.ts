import type { EndpointSpec, Timeouts } from '../../domain/conversation/spec.js';
import { classify, UserError } from '../../domain/failures.js';
import { ChatClient, type ServedModelInfo } from './client.js';
import { ofEveryone } from './detect.js';
import { CallFailure } from './failures.js';
import { keysOfEnvironment } from './keys.js';
import { isAway } from './limits.js';

/** An endpoint whose model is not decided yet. */
export type EndpointWish = Omit<EndpointSpec, 'model'> & { readonly model: string | null };

export interface Preflight {
  readonly endpoints: readonly EndpointSpec[];
  /** What is odd and not fatal, in sentences. */
  readonly warnings: readonly string[];
}

/**
 * Looks at each endpoint before anything is started for it: whether somebody answers, takes the key, and has the
 * model. Without a wish, the one model that is served. At least one endpoint must answer; others may come later.
 */
export async function preflight(wishes: readonly EndpointWish[], timeouts: Timeouts): Promise<Preflight> {
  const client = new ChatClient(
    { ...timeouts, connectMs: Math.min(timeouts.connectMs, 5_000) },
    keysOfEnvironment(),
  );
  try {
    const looked = await Promise.all(wishes.map((wish) => look(client, wish)));
    const away = looked.flatMap(({ away }) => away ?? []);
    if (away.length === wishes.length) {
      const first = away[0]!;
      throw new UserError(first.message, 'start the server, or name another with --base-url', {
        cause: first,
      });
    }
    const named = looked.find(({ endpoint }) => endpoint !== null)?.endpoint?.model;
    const endpoints = looked.map(({ endpoint, wish }) => {
      if (endpoint !== null) return endpoint;
      const model = wish.model ?? named;
      if (model === undefined)
        throw new UserError(
          `${wish.url} lists no models, so none can be chosen for you`,
          'name one with --model',
        );
      return { ...wish, model };
    });
    return {
      endpoints,
      warnings: [
        ...away.map(({ message }) => `${message}; the others are used until it is back`),
        ...openKeys(endpoints),
      ],
    };
  } finally {
    await client.close();
  }
}

interface LookedAt {
  readonly wish: EndpointWish;
  /** Null while its model is not known. */
  readonly endpoint: EndpointSpec | null;
  readonly away: Error | null;
}

async function look(client: ChatClient, wish: EndpointWish): Promise<LookedAt> {
  let models: readonly ServedModelInfo[];
  try {
    models = await client.models({ ...wish, model: wish.model ?? '' });
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    if (error.why === 'web page') throw new UserError(error.message, BASE_URL, { cause: error });
    if (wish.model === null && error.why === '404')
      throw new UserError(
        `${wish.url}/models: there is none (404)`,
        `${BASE_URL}; of one that lists no models, name one with --model`,
        {
          cause: error,
        },
      );
    // A server that cannot list what it serves may serve it all the same.
    if (/^(404|405)$/.test(error.why)) return { wish, endpoint: chosen(wish, wish.model, []), away: null };
    if (error.again === 'never' || classify(error.told) === 'user') throw ofEveryone(error.told);
    if (!isAway(error)) return { wish, endpoint: chosen(wish, wish.model, []), away: null };
    return { wish, endpoint: chosen(wish, wish.model, []), away: error.told };
  }
  const ids = models.map(({ id }) => id);
  if (wish.model !== null) {
    if (ids.length > 0 && !ids.includes(wish.model))
      throw new UserError(`${wish.url} has no model "${wish.model}"`, `it has ${listed(ids)}`);
    return { wish, endpoint: chosen(wish, wish.model, models), away: null };
  }
  if (ids.length > 1)
    throw new UserError(`${wish.url} serves ${ids.length} models`, `choose with --model: ${listed(ids)}`);
  return { wish, endpoint: chosen(wish, ids[0] ?? null, models), away: null };
}

const BASE_URL = 'expected the base URL of an OpenAI-compatible server, such as http://127.0.0.1:8000/v1';

function chosen(
  wish: EndpointWish,
  model: string | null,
  models: readonly ServedModelInfo[],
): EndpointSpec | null {
  if (model === null) return null;
  const listed = models.find(({ id }) => id === model)?.listed ?? null;
  return { ...wish, model, ...(listed === null ? {} : { listed }) };
}

function listed(ids: readonly string[]): string {
  const some = ids.slice(0, MOST_LISTED).join(', ');
  return ids.length > MOST_LISTED ? `${some} and ${ids.length - MOST_LISTED} more` : some;
}

const MOST_LISTED = 20;

/** Keys that would travel in the clear. */
function openKeys(endpoints: readonly EndpointSpec[]): readonly string[] {
  return endpoints
    .filter(({ url, keyVariable }) => keyVariable !== null && url.startsWith('http:') && !isLoopback(url))
    .map(({ url, keyVariable }) => `the key in ${keyVariable ?? ''} is sent to ${url} unencrypted`);
}

function isLoopback(url: string): boolean {
  return /^(localhost|127\.[\d.]+|\[::1\])$/.test(new URL(url).hostname);
}
