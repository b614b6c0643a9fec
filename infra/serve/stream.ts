import type { Completion } from './reply.js';

/** Characters of one piece: a turn is drawn whole, and told in pieces so that a client reads it as any other stream. */
const PIECE = 12;

/** A completion as the events of OpenAI's stream, each the JSON of one `chat.completion.chunk`; the last is `[DONE]`. */
export function eventsOf(completion: Completion, includeUsage: boolean): readonly string[] {
  const { choices, usage, object: _, ...head } = completion;
  const [{ message, finish_reason, logprobs }] = choices as [Completion['choices'][number]];
  const chunk = (
    delta: object,
    more: { readonly finish?: string; readonly logprobs?: unknown } = {},
  ): string =>
    JSON.stringify({
      ...head,
      object: 'chat.completion.chunk',
      choices: [{ index: 0, delta, finish_reason: more.finish ?? null, logprobs: more.logprobs ?? null }],
      ...(includeUsage ? { usage: null } : {}),
    });
  const [call] = message.tool_calls ?? [];
  const said =
    call === undefined
      ? pieces(message.content ?? '').map((content) => ({ content }))
      : [
          { tool_calls: [{ index: 0, ...call, function: { ...call.function, arguments: '' } }] },
          ...pieces(call.function.arguments).map((text) => ({
            tool_calls: [{ index: 0, function: { arguments: text } }],
          })),
        ];
  return [
    chunk({ role: 'assistant', content: call === undefined ? '' : null, refusal: null }),
    ...said.map((delta, i) => chunk(delta, i === 0 ? { logprobs } : {})),
    chunk({}, { finish: finish_reason }),
    ...(includeUsage
      ? [JSON.stringify({ ...head, object: 'chat.completion.chunk', choices: [], usage })]
      : []),
    '[DONE]',
  ];
}

function pieces(text: string): readonly string[] {
  return Array.from({ length: Math.ceil(text.length / PIECE) }, (_, i) =>
    text.slice(i * PIECE, (i + 1) * PIECE),
  );
}
