import type { Looked, Opening, SpokenMessage } from '../../domain/conversation/records.js';
import { refusalOf } from '../../domain/tools/validate.js';
import { parseJson, toJson } from '../datasets.js';
import { cancellationSignal } from '../heartbeat.js';
import type { LookedAt, LookInput } from './contract.js';
import { sha256, type LookDeps } from './open.js';
import { keepPictures } from './pictures.js';
import { conversationKey } from './places.js';

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
    const looked = await look();
    const { ref } = await store.putIfAbsent(key, toJson(looked), 'observations');
    return { ref, valid: looked.kind === 'looks' };

    async function look(): Promise<Looked> {
      if (action === null) return { kind: 'refused', reason: `${failure ?? 'the message says nothing'}.` };
      if (action.tool === 'answer') return { kind: 'refused', reason: 'an answer needs no look.' };
      const reason = refusalOf(action, video.frames);
      if (reason !== null) return { kind: 'refused', reason };
      const shots =
        action.tool === 'clip'
          ? action.targetFrames.map((frame) => ({ frame, box01: null }))
          : [{ frame: action.targetFrame, box01: action.bbox01 }];
      const pixels = action.tool === 'clip' ? view.clipPixels : view.cropPixels;
      const options = { fps: video.fps, pixels, format: view.format };
      const signal = cancellationSignal();
      const pictures = await keepPictures(
        store,
        photographer,
        question.video,
        shots,
        options,
        sha256,
        signal,
      );
      return { kind: 'looks', call: action, pictures };
    }
  };
}
