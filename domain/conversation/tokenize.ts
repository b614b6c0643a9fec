import type { ChatMessage, ChatPart } from './assemble.js';
import type { SampledTokens, ShownPicture } from './records.js';
import { printCall } from '../protocol/call-json.js';
import type { BlobPicture, Conversation, Message, Part } from './tokenized.js';

export interface TokenizeOptions {
  /** Exchanges that stand before the opening: their assistant messages are never learned and count in no index. */
  readonly shots: number;
  /** `said[i]` is the i-th assistant message after the shots, as it was sampled; without it, the message is text. */
  readonly said?: readonly (SampledTokens | null)[];
  /** Whether the i-th assistant message after the shots, where it is text, is learned. Default: none is. */
  readonly learn?: (i: number) => boolean;
  readonly blobOf: (picture: ShownPicture) => BlobPicture;
}

/**
 * An assembled prompt as an engine that trains on tokens takes it, message for message. A call is written as the text protocol writes
 * it, because such engines' models call in their text. Throws a RangeError when `said` has more messages than there are.
 */
export function tokenizable(
  messages: readonly ChatMessage[],
  { shots, said = [], learn = () => false, blobOf }: TokenizeOptions,
): Conversation {
  let next = -shots;
  const converted = messages.map((message): Message => {
    switch (message.role) {
      case 'system':
        return { role: 'system', content: [{ type: 'text', text: message.text }] };
      case 'user':
        return { role: 'user', content: partsOf(message.parts, blobOf) };
      case 'tool':
        return { role: 'tool', content: [{ type: 'text', text: message.text }] };
      case 'assistant': {
        const i = next++;
        const sampled = i < 0 ? null : said[i];
        if (sampled != null) {
          const { tokens, mask, logProbs } = sampled;
          return { role: 'assistant', tokens, mask, logProbs };
        }
        return { role: 'assistant', text: wordsOf(message), learn: i >= 0 && learn(i) };
      }
      default:
        return message satisfies never;
    }
  });
  if (said.length > next)
    throw new RangeError(
      `expected tokens of at most ${Math.max(0, next)} messages after ${shots} shots, got ${said.length}`,
    );
  return { messages: converted };
}

/** Texts side by side become one, a line each: templates write parts without anything between them. */
function partsOf(parts: readonly ChatPart[], blobOf: TokenizeOptions['blobOf']): readonly Part[] {
  const converted: Part[] = [];
  for (const part of parts) {
    const last = converted.at(-1);
    if (part.type === 'picture') converted.push({ type: 'image', ...blobOf(part.picture) });
    else if (last?.type === 'text')
      converted.splice(-1, 1, { type: 'text', text: `${last.text}\n${part.text}` });
    else converted.push({ type: 'text', text: part.text });
  }
  return converted;
}

function wordsOf({ text, call }: Extract<ChatMessage, { role: 'assistant' }>): string {
  return call === null ? text : `${text}<tool_call>${printCall(call.call, 'own')}</tool_call>`;
}
