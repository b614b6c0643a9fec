import type {
  Capabilities,
  PolicyEngine,
  SampleRequest,
  ServedLimits,
} from '../../activities/policy-engine.js';
import { assemble, type ChatMessage } from '../../domain/conversation/assemble.js';
import { spentOn } from '../../domain/conversation/ledger.js';
import type { SpokenMessage } from '../../domain/conversation/records.js';
import { tokenizable } from '../../domain/conversation/tokenize.js';
import { BugFailure, DataFailure, UserError } from '../../domain/failures.js';
import { readReply, type ReadReply } from '../../domain/protocol/chat.js';
import { nameHash } from '../../domain/seeds.js';
import type { SampledMessage, StateFile } from './schema.js';
import type { TorchEngine } from './torch-engine.js';

/** A message is an action, and ends with it. */
const STOP = ['</answer>', '</tool_call>'];
/** What a message begins with that must be the answer. */
const FORCED = '<answer>';

/** A vision-language model in a Python process of ours, speaking the text protocol. */
export class TorchPolicyEngine implements PolicyEngine {
  readonly name = 'torch';
  readonly #engine: TorchEngine;
  readonly #model: string;
  readonly #weights: StateFile | undefined;

  /**
   * @param engine closed with this one
   * @param of what its messages are signed with, and the weights to speak with, where those are not the ones that train
   */
  constructor(engine: TorchEngine, of: { readonly model: string; readonly weights?: StateFile }) {
    this.#engine = engine;
    this.#model = of.model;
    this.#weights = of.weights;
  }

  /** Loads the model, where that is not done yet. */
  async capabilities(signal?: AbortSignal): Promise<Capabilities> {
    const { device } = await this.#engine.start({ signal });
    const can = { sample: true, train: true, embed: true, gpu: device.startsWith('cuda') };
    return { ...can, vision: true, logProbs: true, tools: false };
  }

  async limits(signal?: AbortSignal): Promise<ServedLimits> {
    const { contextTokens } = await this.#engine.start({ signal });
    return { contextTokens, overviewFrames: null, maxLooks: null };
  }

  async sample(request: SampleRequest, signal?: AbortSignal): Promise<SpokenMessage> {
    const { conversation, sampling, key } = request;
    const { protocol, final, turns, prompt } = conversation;
    if (protocol !== 'text')
      throw new UserError('the torch engine has no tool calls', 'ask it by the text protocol');
    const startedMs = Date.now();
    const messages = assemble(conversation);
    const { blobs, placeOf } = await blobsOf(messages, request);
    const asked = {
      conversation: tokenizable(messages, {
        shots: prompt.shots.length,
        said: turns.map(({ spoken }) => spoken.sampled ?? null),
        blobOf: ({ ref }) => ({ blob: placeOf(ref.sha256) }),
      }),
      seed: nameHash(sampling.seed ?? 0, key),
      ...(final ? { forced: FORCED } : {}),
    };
    const [message] = await this.#engine
      .sample(
        {
          requests: [asked],
          greedy: sampling.temperature === 0,
          temperature: sampling.temperature === 0 ? 1 : sampling.temperature,
          topP: sampling.topP,
          maxTokens: sampling.maxTokens,
          stop: STOP,
          ...(this.#weights === undefined ? {} : { weights: this.#weights }),
        },
        { blobs, signal },
      )
      .catch((error: unknown) => {
        throw turns.length > 0 && outgrown(error) ? new DataFailure(error.message, { cause: error }) : error;
      });
    if (message === undefined) throw new BugFailure('asked for one message, got none');
    return spoken(message, request, { url: this.name, model: this.#model }, Date.now() - startedMs);
  }

  close(): Promise<void> {
    return this.#engine.close();
  }
}

/** The bytes of each picture once, in the order in which they are first shown. */
async function blobsOf(messages: readonly ChatMessage[], { picture }: SampleRequest) {
  const parts = messages.flatMap((message) => (message.role === 'user' ? message.parts : []));
  const shown = parts.flatMap((part) => (part.type === 'picture' ? [part.picture] : []));
  const unique = [...new Map(shown.map((one) => [one.ref.sha256, one])).values()];
  const places = new Map(unique.map(({ ref }, i) => [ref.sha256, i]));
  return { blobs: await Promise.all(unique.map(picture)), placeOf: (sha256: string) => places.get(sha256)! };
}

function spoken(
  message: SampledMessage,
  { conversation: { final, protocol }, sampling, wasted = [] }: SampleRequest,
  by: SpokenMessage['by'],
  timeMs: number,
): SpokenMessage {
  const { tokens, mask, logProbs, text, texts, finish, promptTokens } = message;
  const chosen = mask.filter((on) => on === 1).length;
  const usage = {
    promptTokens: promptTokens + tokens.length - chosen,
    cachedTokens: 0,
    completionTokens: chosen,
  };
  const { thought, action, native, ...rest } = read(message, final);
  const cut = finish === 'length' ? ' (the message was cut off at its longest)' : '';
  return {
    thought,
    action,
    ...('failure' in rest ? { failure: `${rest.failure}${cut}` } : {}),
    text,
    native,
    final,
    logProbs: sampling.logProbs
      ? texts.flatMap((token, t) => (mask[t] === 1 ? [{ token, logProb: logProbs[t]! }] : []))
      : null,
    sampled: { tokens, mask, logProbs },
    protocol,
    by,
    spent: spentOn(usage, null, wasted),
    timeMs,
  };
}

/** We opened the tag of a last message, not the model: one that ended without closing it has said its answer. */
function read({ text, finish }: SampledMessage, final: boolean): ReadReply {
  const open = final && finish === 'end' && !text.includes('</answer>');
  return readReply({ content: open ? `${text.trimEnd()}</answer>` : text, reasoning: '', calls: [] }, final);
}

/** Whether the conversation, of all that may be wrong, has become longer than the context. */
function outgrown(error: unknown): error is UserError {
  return error instanceof UserError && /contextTokens is \d+/.test(error.message);
}
