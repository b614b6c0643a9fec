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
import { BugFailure, classify, DataFailure, MemoryFailure, UserError } from '../../domain/failures.js';
import { FORCED, readSaid, STOPS } from '../../domain/protocol/said.js';
import type { ParsedMessage } from '../../domain/protocol/text.js';
import { nameHash } from '../../domain/seeds.js';
import type { SampledText, StateFile, TokenModel } from '../../activities/torch/model.js';

/** A vision-language model in a Python process of ours, speaking the text protocol. */
export class TorchPolicyEngine implements PolicyEngine {
  readonly name = 'torch';
  readonly #model: Speaker;
  readonly #name: string;
  readonly #weights: StateFile | undefined;

  /**
   * @param model its owner's to close
   * @param of what its messages are signed with, and the weights to speak with, where those are not the ones that train
   */
  constructor(model: Speaker, of: { readonly model: string; readonly weights?: StateFile }) {
    this.#model = model;
    this.#name = of.model;
    this.#weights = of.weights;
  }

  /** Loads the model, where that is not done yet. */
  async capabilities(signal?: AbortSignal): Promise<Capabilities> {
    const { device } = await this.#start(signal);
    const can = { sample: true, train: true, embed: true, gpu: device.startsWith('cuda') };
    return { ...can, vision: true, logProbs: true, tools: false };
  }

  async limits(signal?: AbortSignal): Promise<ServedLimits> {
    const { contextTokens } = await this.#start(signal);
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
    const [message] = await this.#model
      .sample(
        {
          requests: [asked],
          greedy: sampling.temperature === 0,
          temperature: sampling.temperature === 0 ? 1 : sampling.temperature,
          topP: sampling.topP,
          maxTokens: sampling.maxTokens,
          stop: STOPS,
          ...(this.#weights === undefined ? {} : { weights: this.#weights }),
        },
        { blobs, signal },
      )
      .catch((error: unknown) => {
        if (classify(error) === 'infrastructure' && signal?.aborted !== true)
          request.onWaste?.([...(request.wasted ?? []), 'engine lost'], String(error));
        // As one that outgrows the context: at once it is the person's to mend, later it is of this conversation alone.
        if (error instanceof MemoryFailure && turns.length > 0)
          throw new DataFailure(error.message, { cause: error });
        throw forAsking(error);
      });
    if (message === undefined) throw new BugFailure('asked for one message, got none');
    if (message.finish === 'context') {
      const why = message.why ?? 'the conversation outgrew the context';
      // At once it is the person's to mend, later it is of this conversation alone.
      throw turns.length > 0 ? new DataFailure(why) : new UserError(why, TOO_LONG);
    }
    const by = { url: this.name, model: this.#name };
    // What was trained here is read as in its training; others may know the ancestor's names.
    const said = readSaid(message.text, final, this.#weights === undefined ? 'ancestor' : 'own');
    return spoken(message, said, request, by, Date.now() - startedMs);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #start(signal: AbortSignal | undefined): ReturnType<Speaker['start']> {
    return this.#model.start({ signal }).catch((error: unknown) => {
      throw forAsking(error);
    });
  }
}

const TOO_LONG =
  'raise --context-tokens, or lower --frames, --overview-pixels or --max-tokens; of a trained policy, what its run says of them';

/** What shapes the answers is part of a run, so only memory itself can be made for it. */
const NO_MEMORY =
  'free memory on the machine (ruminate down also ends the models that were asked before), then type the same command again: ' +
  'what was said is not asked again. Or ask anew, under another --name, with fewer --frames, smaller --overview-pixels, ' +
  '--clip-pixels or --crop-pixels, or --dtype bf16';

function forAsking(error: unknown): unknown {
  return error instanceof MemoryFailure
    ? new MemoryFailure(error.message, NO_MEMORY, { cause: error })
    : error;
}

/** Of a model, what a conversation needs. */
export type Speaker = Pick<TokenModel, 'start' | 'sample'>;

/** The bytes of each picture once, in the order in which they are first shown. */
async function blobsOf(messages: readonly ChatMessage[], { picture }: SampleRequest) {
  const parts = messages.flatMap((message) => (message.role === 'user' ? message.parts : []));
  const shown = parts.flatMap((part) => (part.type === 'picture' ? [part.picture] : []));
  const unique = [...new Map(shown.map((one) => [one.ref.sha256, one])).values()];
  const places = new Map(unique.map(({ ref }, i) => [ref.sha256, i]));
  return { blobs: await Promise.all(unique.map(picture)), placeOf: (sha256: string) => places.get(sha256)! };
}

function spoken(
  message: SampledText,
  said: ParsedMessage,
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
  const { thought, action, ...rest } = said;
  // Only of a last message: what is said of others is shown to the model, and must be what training showed it.
  const cut = final && finish === 'length' ? ' (the message was cut off at its longest)' : '';
  return {
    thought,
    action,
    ...('failure' in rest ? { failure: `${rest.failure}${cut}` } : {}),
    text,
    native: false,
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
