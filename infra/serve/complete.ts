import { randomBytes, randomUUID } from 'node:crypto';
import { nameHash } from '../../domain/seeds.js';
import { readConversation } from './conversation.js';
import { badRequest } from './errors.js';
import type { Limits } from './limits.js';
import { completionOf, type Completion } from './reply.js';
import type { ChatRequest } from './request.js';
import type { ServedPolicy } from './served-policy.js';

/** The policy's next turn in a chat, as OpenAI's API tells it: the same over HTTP (`chat.ts`) and without (`infra/onnx`). */
export async function completeChat(
  policy: ServedPolicy,
  chat: ChatRequest,
  { picturePixels }: Pick<Limits, 'picturePixels'>,
  signal: AbortSignal,
): Promise<Completion> {
  const { maxLooks } = policy;
  const native = isNative(chat);
  const conversation = await readConversation(chat.messages, { maxLooks, maxPixels: picturePixels }, signal);
  const looks = conversation.turns.length;
  const forced = looks >= maxLooks || chat.tool_choice === 'none';
  const seed = chat.seed ?? randomBytes(4).readUInt32LE();
  const terms = {
    greedy: chat.temperature === 0,
    temperature: chat.temperature === 0 ? 1 : (chat.temperature ?? 1),
    topP: chat.top_p ?? 1,
    // One seed for a whole conversation shall not draw each of its turns alike.
    seed: nameHash(seed, 'turn', looks),
    forced,
  };
  const turn = await policy.draw(conversation, terms, signal);
  return completionOf(policy, turn, {
    looks,
    forced,
    native,
    seed,
    logProbs: chat.logprobs === true,
    id: `chatcmpl-${randomUUID()}`,
    createdSec: Math.floor(Date.now() / 1000),
  });
}

/** Whether looks are told as tool calls. The policy may take either look, so both tools must be there. */
function isNative({ tools }: ChatRequest): boolean {
  if (tools == null || tools.length === 0) return false;
  const names = tools.map(({ function: { name } }) => name);
  const missing = ['clip', 'crop'].filter((name) => !names.includes(name));
  if (missing.length === 0) return true;
  throw badRequest(
    `expected tools named clip and crop, or none (the text protocol): there is no ${missing.join(' and no ')}`,
    'tools',
  );
}
