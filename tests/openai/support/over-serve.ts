import { createCloseConversation } from '../../../activities/conversation/close.js';
import { createLook } from '../../../activities/conversation/look.js';
import { createMeetModel } from '../../../activities/conversation/meet-model.js';
import { createOpenConversation } from '../../../activities/conversation/open.js';
import { AnswerSources } from '../../../activities/conversation/places.js';
import { createSpeak } from '../../../activities/conversation/speak.js';
import type { ServedOptions } from '../../../cli/served-options.js';
import { specFrom } from '../../../cli/served-spec.js';
import { mustAnswer, NOTHING_USED, type Used } from '../../../domain/conversation/budget.js';
import type { AskedQuestion, ConversationRecord } from '../../../domain/conversation/records.js';
import type { Ref } from '../../../domain/refs.js';
import { ServedEngines } from '../../../infra/openai/engines.js';
import { keysOfEnvironment } from '../../../infra/openai/keys.js';
import { VideoPhotographer } from '../../../infra/tools/shown.js';
import { NodeAvReader } from '../../../infra/video/node-av-reader.js';
import { MemoryStore } from '../../support/memory-store.js';

/** What `ruminate ask --base-url` has for options where nothing else is said. */
export function optionsFor(url: string, more: Partial<ServedOptions> = {}): ServedOptions {
  return {
    ...{ baseUrl: [url], protocol: 'auto', pictures: 'jpeg', temperature: 0, maxTokens: 1024 },
    ...{ overviewPixels: 100_352, clipPixels: 401_408, cropPixels: 602_112, maxLooks: 6, maxTurns: 10 },
    ...{ connectTimeout: 20, firstTokenTimeout: 120, tokenTimeout: 60 },
    ...more,
  };
}

/** The activities of a conversation, all real, in the order of `workflows/converse.ts`, over a store in memory. */
export class Talker {
  readonly store = new MemoryStore();
  readonly #engines = new ServedEngines(keysOfEnvironment({}));
  #runs = 0;

  async ask(options: ServedOptions, question: AskedQuestion): Promise<ConversationRecord> {
    const { store } = this;
    const sources = new AnswerSources(store);
    const run = `run-${this.#runs++}`;
    const kept = async (name: string, value: unknown): Promise<Ref> =>
      (await store.putIfAbsent(`${run}/${name}`, Buffer.from(`${JSON.stringify(value)}\n`), 'questions')).ref;
    const source = {
      spec: await kept('spec', await specFrom(options)),
      questions: await kept('questions', question),
    };
    const looking = { store, sources, photographer: new VideoPhotographer(new NodeAvReader()) };
    const speaking = { store, sources, engineOf: this.#engines.of };
    const { protocol, budget, contextTokens } = await createMeetModel(speaking)({ run, spec: source.spec });
    const at = { run, index: 0, source };
    const opening = await createOpenConversation(looking)(at);
    const messages: Ref[] = [];
    const looks: Ref[] = [];
    let used: Used = NOTHING_USED;
    for (let turn = 0; ; turn++) {
      const final = mustAnswer(budget, used);
      const said = await createSpeak(speaking)({
        ...{ ...at, protocol, contextTokens, turn, opening, messages, looks, final },
      });
      messages.push(said.ref);
      if (said.asks === 'answer' || final) break;
      const looked = await createLook(looking)({ ...at, turn, opening, message: said.ref });
      looks.push(looked.ref);
      used = {
        looks: used.looks + (looked.valid ? 1 : 0),
        turns: turn + 1,
        tokens: used.tokens + said.tokens,
      };
    }
    const closed = await createCloseConversation({ store, sources })({
      ...{ ...at, opening, messages, looks, failure: null },
    });
    return JSON.parse(Buffer.from(await store.get(closed.ref)).toString()) as ConversationRecord;
  }

  close(): Promise<void> {
    return this.#engines.close();
  }
}
