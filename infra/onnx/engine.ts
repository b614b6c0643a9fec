import type {
  Capabilities,
  PolicyEngine,
  SampleRequest,
  ServedLimits,
} from '../../activities/policy-engine.js';
import { assemble } from '../../domain/conversation/assemble.js';
import { spentOn } from '../../domain/conversation/ledger.js';
import type { SpokenMessage } from '../../domain/conversation/records.js';
import { DataFailure, UserError } from '../../domain/failures.js';
import { readReply } from '../../domain/protocol/chat.js';
import { nameHash } from '../../domain/seeds.js';
import { DEFAULT_PICTURES } from '../../domain/tools/pictures.js';
import { requestBody } from '../openai/wire.js';
import { completeChat } from '../serve/complete.js';
import { RequestError } from '../serve/errors.js';
import { LIMITS } from '../serve/limits.js';
import type { Completion } from '../serve/reply.js';
import { readRequest } from '../serve/request.js';
import type { ServedPolicy } from '../serve/served-policy.js';

/**
 * The embedded policy in this process. It is spoken to in the very words of `ruminate serve`, without a network between,
 * so it sees, says and refuses the same (docs/serve.md).
 */
export class OnnxEngine implements PolicyEngine {
  readonly name = 'onnx';
  readonly #policy: ServedPolicy;

  /** @param policy closed with the engine; `infra/client/served-policy.ts` makes one */
  constructor(policy: ServedPolicy) {
    this.#policy = policy;
  }

  capabilities(): Promise<Capabilities> {
    const can = { sample: true, train: true, embed: true, gpu: false };
    return Promise.resolve({ ...can, vision: true, logProbs: true, tools: true });
  }

  /** There is no limit in tokens but one in looks: after `maxLooks` the policy answers, whatever is asked of it. */
  limits(): Promise<ServedLimits> {
    const { maxLooks } = this.#policy;
    return Promise.resolve({ contextTokens: null, overviewFrames: DEFAULT_PICTURES.frames, maxLooks });
  }

  async sample(request: SampleRequest, signal?: AbortSignal): Promise<SpokenMessage> {
    const { conversation, sampling, key, picture, wasted = [] } = request;
    const startedMs = Date.now();
    const body = await requestBody({
      model: this.#policy.id,
      messages: assemble(conversation),
      tools: conversation.protocol === 'tools' && !conversation.final,
      answerNow: conversation.final,
      sampling: { ...sampling, seed: nameHash(sampling.seed ?? 0, key) },
      refused: new Set(),
      picture,
    });
    try {
      const chat = readRequest(body);
      const completion = await completeChat(
        this.#policy,
        chat,
        LIMITS,
        signal ?? new AbortController().signal,
      );
      return spoken(completion, request, wasted, Date.now() - startedMs);
    } catch (error) {
      throw error instanceof RequestError ? explained(error) : error;
    }
  }

  close(): Promise<void> {
    return this.#policy.close();
  }
}

function spoken(
  { model, usage, choices: [choice] }: Completion,
  { conversation: { final, protocol } }: SampleRequest,
  wasted: readonly string[],
  timeMs: number,
): SpokenMessage {
  const { message, logprobs } = choice!;
  const calls = 'tool_calls' in message ? message.tool_calls.map((call) => call.function) : [];
  const content = message.content ?? '';
  const used = {
    promptTokens: usage.prompt_tokens,
    cachedTokens: 0,
    completionTokens: usage.completion_tokens,
  };
  return {
    ...readReply({ content, reasoning: '', calls }, final),
    text: content,
    final,
    logProbs: logprobs?.content.map(({ token, logprob }) => ({ token, logProb: logprob })) ?? null,
    protocol,
    by: { url: 'onnx', model },
    spent: spentOn(used, null, wasted),
    timeMs,
  };
}

/** What is wrong with the messages is this conversation's alone; what is wrong with the sampling is everybody's. */
function explained(error: RequestError): Error {
  const { message, param } = error.body.error;
  return param?.startsWith('messages') === true
    ? new DataFailure(`the embedded policy cannot go on: ${message}`, { cause: error })
    : new UserError(`the embedded policy refuses the request: ${message}`, 'see docs/serve.md', {
        cause: error,
      });
}
