import { createHash } from 'node:crypto';
import { spread } from '../../domain/conversation/overview.js';
import type { Opening } from '../../domain/conversation/records.js';
import type { Ref } from '../../domain/refs.js';
import { toJson } from '../datasets.js';
import { cancellationSignal } from '../heartbeat.js';
import type { ObjectStore } from '../ports.js';
import type { OpenConversationInput } from './contract.js';
import { keepPictures, type Photographer } from './pictures.js';
import { conversationKey, type AnswerSources } from './places.js';

export interface LookDeps {
  readonly store: ObjectStore;
  readonly sources: AnswerSources;
  readonly photographer: Photographer;
}

/** Reads a question, takes the overview of its video, and commits what the conversation begins with. */
export function createOpenConversation({
  store,
  sources,
  photographer,
}: LookDeps): (input: OpenConversationInput) => Promise<Ref> {
  return async ({ source, ...at }) => {
    const key = conversationKey(at, 'opening');
    const done = await store.head(key, 'observations');
    if (done) return done;
    const { view } = await sources.spec(source.spec);
    const question = await sources.question(source.questions, at.index);
    const signal = cancellationSignal();
    const video = await photographer.facts(question.video, view, signal);
    const shots = spread(video.frames, view.frames).map((frame) => ({ frame, box01: null }));
    const options = { fps: video.fps, pixels: view.overviewPixels, format: view.format };
    const overview = await keepPictures(store, photographer, question.video, shots, options, sha256, signal);
    const opening: Opening = { question, video, overview };
    return (await store.putIfAbsent(key, toJson(opening), 'observations')).ref;
  };
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
