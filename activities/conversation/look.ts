import type { Looked, Opening, SpokenMessage } from '../../domain/conversation/records.js';
import { parseJson, toJson } from '../datasets.js';
import { cancellationSignal } from '../heartbeat.js';
import type { LookedAt, LookInput } from './contract.js';
import type { LookDeps } from './open.js';
import { conversationKey } from './places.js';
import { runLook } from './run-look.js';

/** Runs what a message asks for on the real video, and commits what it gave: pictures, or why it was refused. */
export function createLook({
  store,
  sources,
  photographer,
}: LookDeps): (input: LookInput) => Promise<LookedAt> {
  return async ({ source, turn, opening, message, ...at }) => {
    const key = conversationKey(at, `look-${turn}`);
    const done = await store.head(key, 'observations');
    if (done) return { ref: done, valid: parseJson<Looked>(await store.get(done)).kind === 'looks' };
    const { view } = await sources.spec(source.spec);
    const { question, video } = parseJson<Opening>(await store.get(opening));
    const { action, failure } = parseJson<SpokenMessage>(await store.get(message));
    const looked: Looked =
      action === null
        ? { kind: 'refused', reason: `${failure ?? 'the message says nothing'}.` }
        : await runLook(
            { store, photographer },
            { video, file: question.video, view, action },
            cancellationSignal(),
          );
    const { ref } = await store.putIfAbsent(key, toJson(looked), 'observations');
    return { ref, valid: looked.kind === 'looks' };
  };
}
