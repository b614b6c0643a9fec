import { createHash } from 'node:crypto';
import type { ServedModel } from '../../domain/conversation/spec.js';
import { parseJson, toJson } from '../datasets.js';
import { cancellationSignal } from '../heartbeat.js';
import type { Served } from '../policy-engine.js';
import type { MeetModelInput, MetModel } from './contract.js';
import type { SpeakDeps } from './speak.js';

/**
 * Finds out what a served model can do: once for these endpoints and this model, then it is remembered. Which
 * protocol a run speaks follows from it, unless the run says which.
 */
export function createMeetModel({
  store,
  sources,
  engineOf,
}: SpeakDeps): (input: MeetModelInput) => Promise<MetModel> {
  return async ({ spec: ref }) => {
    const spec = await sources.spec(ref);
    const key = `models/${identityOf(spec.engine)}.json`;
    const known = await store.head(key, 'metrics');
    const served =
      known === null
        ? await engineOf(spec).capabilities(cancellationSignal())
        : parseJson<Served>(await store.get(known));
    if (known === null) await store.put(key, toJson(served), 'metrics');
    const { protocol } = spec.engine;
    return {
      ...served,
      protocol: protocol === 'auto' ? (served.tools ? 'tools' : 'text') : protocol,
      budget: spec.budget,
    };
  };
}

/** Endpoints and models, and whether they were asked about tools. */
function identityOf({ endpoints, protocol }: ServedModel): string {
  const named = endpoints.map(({ url, model }) => [url, model]).sort();
  return createHash('sha256')
    .update(JSON.stringify([named, protocol === 'text']))
    .digest('hex')
    .slice(0, 32);
}
