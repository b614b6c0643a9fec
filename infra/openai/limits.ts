import type { ServedLimits } from '../../activities/policy-engine.js';
import type { EndpointSpec } from '../../domain/conversation/spec.js';
import type { ChatClient } from './client.js';
import { CallFailure } from './failures.js';
import { limitsOf } from './listed.js';

/**
 * What the servers of a run list now. One that cannot be asked is left out, unless none can: then what it failed of is
 * thrown, so that it is tried again.
 */
export async function limitsNow(
  client: ChatClient,
  endpoints: readonly EndpointSpec[],
  signal?: AbortSignal,
): Promise<ServedLimits> {
  const models = await Promise.all(
    endpoints.map(async (endpoint) => {
      try {
        const all = await client.models(endpoint, signal);
        return all.find(({ id }) => id === endpoint.model) ?? null;
      } catch (error) {
        if (error instanceof CallFailure) return error;
        throw error;
      }
    }),
  );
  const away = models.filter((model) => model instanceof CallFailure).filter(isAway);
  if (away.length === endpoints.length) throw away[0]!.told;
  const found = models.map((model) => (model instanceof CallFailure ? null : model));
  const contexts = found.flatMap((model) => model?.contextTokens ?? []);
  const listing = endpoints.map(({ listed: _, ...endpoint }, i) => {
    const listed = found[i]?.listed ?? null;
    return listed === null ? endpoint : { ...endpoint, listed };
  });
  return {
    ...limitsOf(listing),
    contextTokens: contexts.length === 0 ? null : Math.min(...contexts),
  };
}

/** Whether nobody answers; a server that lists nothing may serve all the same. */
export function isAway({ why, again }: CallFailure): boolean {
  return again !== 'never' && !/^(404|405|5\d\d|invalid JSON|web page)$/.test(why);
}
