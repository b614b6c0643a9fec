import { createHash } from 'node:crypto';
import type { Budget, ServedModel, View } from '../../domain/conversation/spec.js';
import { UserError } from '../../domain/failures.js';
import { parseJson, toJson } from '../datasets.js';
import { cancellationSignal } from '../heartbeat.js';
import type { Served, ServedLimits } from '../policy-engine.js';
import type { MeetModelInput, MetModel } from './contract.js';
import type { SpeakDeps } from './speak.js';

/**
 * Meets a model, whenever a run begins or is taken up. One of our own is loaded. What a served model can do is tried out once for these
 * endpoints and this model, then it is remembered; the protocol follows from it, unless the run says which. What the
 * servers list is read each time: it must admit what the run was begun with, so that all of its questions are asked alike.
 */
export function createMeetModel({
  store,
  sources,
  engineOf,
}: SpeakDeps): (input: MeetModelInput) => Promise<MetModel> {
  return async ({ spec: ref }) => {
    const spec = await sources.spec(ref);
    const engine = await engineOf(spec);
    const limits = await engine.limits(cancellationSignal());
    const { budget, view } = spec;
    if (spec.engine.type === 'torch') {
      const { vision, logProbs, tools } = await engine.capabilities(cancellationSignal());
      const { contextTokens } = limits;
      return { vision, logProbs, tools, protocol: 'text', budget, contextTokens };
    }
    const key = `models/${identityOf(spec.engine)}.json`;
    const known = await store.head(key, 'metrics');
    refuseOutside(spec.engine, view, budget, limits);
    const served =
      known === null
        ? await engine.capabilities(cancellationSignal())
        : parseJson<Served>(await store.get(known));
    if (known === null) await store.put(key, toJson(served), 'metrics');
    const { protocol } = spec.engine;
    return {
      ...served,
      protocol: protocol === 'auto' ? (served.tools ? 'tools' : 'text') : protocol,
      budget,
      contextTokens: limits.contextTokens,
    };
  };
}

function refuseOutside(
  { endpoints }: ServedModel,
  view: View,
  budget: Budget,
  { overviewFrames, maxLooks }: ServedLimits,
): void {
  const who = endpoints.map(({ model, url }) => `${model} at ${url}`).join(', ');
  const hint = 'give the run a name of its own with --name; what was asked of another server stays as it is';
  if (overviewFrames !== null && view.frames !== overviewFrames)
    throw new UserError(
      `${who}: takes an overview of ${overviewFrames} frames as its server lists it now, and this run was begun with ${view.frames}`,
      hint,
    );
  if (maxLooks !== null && budget.maxLooks > maxLooks)
    throw new UserError(
      `${who}: takes at most ${maxLooks} looks as its server lists it now, and this run was begun with ${budget.maxLooks}`,
      hint,
    );
}

/** Endpoints and models, and whether they were asked about tools. */
function identityOf({ endpoints, protocol }: ServedModel): string {
  const named = endpoints.map(({ url, model }) => [url, model]).sort();
  return createHash('sha256')
    .update(JSON.stringify([named, protocol === 'tools' ? protocol : protocol === 'text']))
    .digest('hex')
    .slice(0, 32);
}
