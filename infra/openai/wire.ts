import type { ChatMessage, ChatPart } from '../../domain/conversation/assemble.js';
import type { ShownPicture } from '../../domain/conversation/records.js';
import type { ChatSampling } from '../../domain/conversation/spec.js';
import { printCall } from '../../domain/protocol/call-json.js';
import { MAX_CLIP_FRAMES } from '../../domain/tools/clip.js';

/** Parameters that a server has turned out not to take. */
export type Refused = ReadonlySet<string>;

export interface WireRequest {
  readonly model: string;
  readonly messages: readonly ChatMessage[];
  readonly tools: boolean;
  readonly answerNow: boolean;
  readonly sampling: ChatSampling;
  readonly refused: Refused;
  readonly picture: (shown: ShownPicture) => Promise<Uint8Array>;
}

/** The body of `POST /chat/completions`. */
export async function requestBody({
  model,
  messages,
  tools,
  answerNow,
  sampling,
  refused,
  picture,
}: WireRequest): Promise<object> {
  const optional: Record<string, unknown> = {
    temperature: sampling.temperature,
    top_p: sampling.topP,
    ...(sampling.seed === null ? {} : { seed: sampling.seed }),
    ...(sampling.logProbs ? { logprobs: true } : {}),
    ...(tools ? { tools: TOOLS } : {}),
    ...(answerNow ? { tool_choice: 'none' } : {}),
    stream_options: { include_usage: true },
  };
  return {
    model,
    messages: await Promise.all(messages.map((message) => toWire(message, picture))),
    stream: true,
    // OpenAI's newer models want the longer name, most other servers know only the shorter.
    [refused.has('max_tokens') ? 'max_completion_tokens' : 'max_tokens']: sampling.maxTokens,
    ...Object.fromEntries(Object.entries(optional).filter(([name]) => !refused.has(name))),
  };
}

async function toWire(message: ChatMessage, picture: WireRequest['picture']): Promise<object> {
  switch (message.role) {
    case 'system':
      return { role: 'system', content: message.text };
    case 'user':
      return { role: 'user', content: await contentOf(message.parts, picture) };
    case 'assistant':
      if (message.call === null) return { role: 'assistant', content: message.text };
      return { role: 'assistant', content: message.text, tool_calls: [wireCall(message.call)] };
    case 'tool':
      return { role: 'tool', tool_call_id: message.callId, content: message.text };
    default:
      return message satisfies never;
  }
}

/** A message without pictures is plain text, which every server takes. */
async function contentOf(
  parts: readonly ChatPart[],
  picture: WireRequest['picture'],
): Promise<string | object[]> {
  if (parts.every((part) => part.type === 'text')) return parts.map(({ text }) => text).join('\n');
  return Promise.all(
    parts.map(async (part) => {
      if (part.type === 'text') return { type: 'text', text: part.text };
      const bytes = Buffer.from(await picture(part.picture));
      return {
        type: 'image_url',
        image_url: { url: `data:${part.picture.mime};base64,${bytes.toString('base64')}` },
      };
    }),
  );
}

function wireCall({ id, call }: NonNullable<Extract<ChatMessage, { role: 'assistant' }>['call']>): object {
  const { name, arguments: args } = JSON.parse(printCall(call, 'own')) as {
    name: string;
    arguments: unknown;
  };
  return { id, type: 'function', function: { name, arguments: JSON.stringify(args) } };
}

/** The two tools, as JSON schema. */
export const TOOLS: readonly object[] = [
  tool('clip', 'Shows whole frames of the video, larger than in the overview.', {
    target_frames: {
      type: 'array',
      items: { type: 'integer' },
      minItems: 1,
      maxItems: MAX_CLIP_FRAMES,
      description: 'frame numbers, from 1',
    },
  }),
  tool('crop', 'Shows a region of one frame at the resolution of the video.', {
    target_frame: { type: 'integer', description: 'frame number, from 1' },
    bbox_2d: {
      type: 'array',
      items: { type: 'number' },
      minItems: 4,
      maxItems: 4,
      description: '[x1, y1, x2, y2] as fractions of the frame, from 0 to 1',
    },
  }),
];

function tool(name: string, description: string, properties: Readonly<Record<string, object>>): object {
  return {
    type: 'function',
    function: {
      name,
      description,
      parameters: {
        type: 'object',
        properties,
        required: Object.keys(properties),
        additionalProperties: false,
      },
    },
  };
}
