import type OpenAI from 'openai';
import type {
  ChatCompletion,
  ChatCompletionContentPart,
  ChatCompletionFunctionTool,
  ChatCompletionMessageParam,
} from 'openai/resources/chat/completions';

/** The two looks as tools. */
export const TOOLS: ChatCompletionFunctionTool[] = ['clip', 'crop'].map((name) => ({
  type: 'function',
  function: { name, parameters: { type: 'object' } },
}));

export function imagePart(url: string): ChatCompletionContentPart {
  return { type: 'image_url', image_url: { url } };
}

/** The first message: frames with their numbers, and the question. */
export function promptOf(overview: readonly string[], question: string): ChatCompletionMessageParam {
  return {
    role: 'user',
    content: [
      ...overview.flatMap((url, i): ChatCompletionContentPart[] => [
        { type: 'text', text: `frame ${i + 1}` },
        imagePart(url),
      ]),
      { type: 'text', text: question },
    ],
  };
}

/** One look: its picture as a data URL, or why there is none. */
export type Shown = { readonly url: string } | { readonly refused: string };

/**
 * The loop of looking through a server: asks, shows what was asked for, until no look is asked for. Statelessly: each
 * request carries the whole conversation.
 */
export async function converse(
  client: OpenAI,
  {
    model,
    overview,
    question,
    native,
    show,
  }: {
    readonly model: string;
    readonly overview: readonly string[];
    readonly question: string;
    readonly native: boolean;
    readonly show: (name: string, args: unknown) => Promise<Shown>;
  },
): Promise<readonly ChatCompletion[]> {
  const messages: ChatCompletionMessageParam[] = [promptOf(overview, question)];
  const answers: ChatCompletion[] = [];
  for (;;) {
    const answer = await client.chat.completions.create({
      ...{ model, messages, temperature: 0, logprobs: true },
      ...(native ? { tools: TOOLS } : {}),
    });
    answers.push(answer);
    const { message } = answer.choices[0]!;
    const call = callOf(message);
    messages.push(message);
    // An answer (token 4) that cannot be read ends it as well.
    if (call === null && /^<slot>(?!4 )/.test(message.content ?? ''))
      messages.push({ role: 'user', content: 'That message says nothing.' });
    else if (call === null) return answers;
    else {
      const shown = await show(call.name, call.arguments);
      const said = 'refused' in shown ? shown.refused : 'shown below';
      if (call.id !== null) messages.push({ role: 'tool', tool_call_id: call.id, content: said });
      const parts: ChatCompletionContentPart[] = [{ type: 'text', text: said }];
      if ('url' in shown) messages.push({ role: 'user', content: [...parts, imagePart(shown.url)] });
      else if (call.id === null) messages.push({ role: 'user', content: parts });
    }
  }
}

interface Called {
  readonly id: string | null;
  readonly name: string;
  readonly arguments: unknown;
}

function callOf({ tool_calls, content }: ChatCompletion['choices'][number]['message']): Called | null {
  const [call] = tool_calls ?? [];
  if (call?.type === 'function')
    return { id: call.id, name: call.function.name, arguments: JSON.parse(call.function.arguments) };
  const text = /<tool_call>(.*)<\/tool_call>/s.exec(content ?? '')?.[1];
  return text === undefined
    ? null
    : { id: null, ...(JSON.parse(text) as { name: string; arguments: unknown }) };
}
