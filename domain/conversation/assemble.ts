import type { ToolCall } from '../tools/contract.js';
import { printCall } from '../protocol/call-json.js';
import { looksLeft } from './budget.js';
import type { ConversationTurn, Opening, ShownPicture } from './records.js';
import { observationText, pictureLabel, shortNumber } from './sentences.js';
import type { Budget, ChatProtocol, PromptTexts } from './spec.js';

/** A prompt as any chat model takes it. Which bytes a picture has is looked up by who sends it. */
export type ChatMessage =
  | { readonly role: 'system'; readonly text: string }
  | { readonly role: 'user'; readonly parts: readonly ChatPart[] }
  | { readonly role: 'assistant'; readonly text: string; readonly call: NamedCall | null }
  | { readonly role: 'tool'; readonly callId: string; readonly text: string };

export type ChatPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'picture'; readonly picture: ShownPicture };

/** A tool call with the id by which its result names it. */
export interface NamedCall {
  readonly id: string;
  readonly call: ToolCall;
}

export interface OpenConversation {
  readonly prompt: PromptTexts;
  readonly protocol: ChatProtocol;
  readonly budget: Budget;
  readonly opening: Opening;
  readonly turns: readonly ConversationTurn[];
  /** Whether the next message must be the answer. */
  readonly final: boolean;
}

/**
 * The prompt for a conversation's next message:
 * ```
 * system     how to look, how to answer
 * user/…     the shots
 * user       the video in words, overview frames with their times, the question
 * assistant  a call                     }
 * tool       what it gave, in words     } tools; in the text protocol these two are one user message
 * user       its pictures               }
 * ```
 * A call that no tool could run is shown as the text it was, and answered by a user message: servers parse the
 * arguments of calls, and some fail on what a model wrote.
 */
export function assemble({
  prompt,
  protocol,
  budget,
  opening,
  turns,
  final,
}: OpenConversation): readonly ChatMessage[] {
  const messages: ChatMessage[] = [{ role: 'system', text: prompt[protocol].trim() }];
  for (const { user, assistant } of prompt.shots) {
    messages.push({ role: 'user', parts: [text(user)] }, { role: 'assistant', text: assistant, call: null });
  }
  messages.push({ role: 'user', parts: openingParts(prompt, budget, opening) });
  let looks = 0;
  turns.forEach(({ spoken, looked }, turn) => {
    if (looked?.kind === 'looks') looks += 1;
    const left = looksLeft(budget, { looks, turns: turn + 1, tokens: 0 });
    const said = looked === null ? '' : observationText(looked, left);
    const pictures = looked?.kind === 'looks' ? looked.pictures.flatMap(labelled) : [];
    const { action } = spoken;
    if (protocol === 'tools' && spoken.native && action !== null && action.tool !== 'answer') {
      const id = callId(turn);
      messages.push({ role: 'assistant', text: thoughtText(spoken.thought), call: { id, call: action } });
      messages.push({ role: 'tool', callId: id, text: said });
      if (pictures.length > 0) messages.push({ role: 'user', parts: pictures });
    } else {
      messages.push({ role: 'assistant', text: ownWords(spoken), call: null });
      messages.push({ role: 'user', parts: [text(said), ...pictures] });
    }
  });
  return final ? withDemand(messages, prompt.final.trim()) : messages;
}

/** `{name}` in a text, for the names given; other braces stay as they are. */
export function fill(template: string, values: Readonly<Record<string, string | number>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : whole,
  );
}

/** Nine letters and digits: the form that every server's template takes. */
export function callId(turn: number): string {
  return `look${String(turn + 1).padStart(5, '0')}`;
}

function openingParts(
  prompt: PromptTexts,
  budget: Budget,
  { question, video, overview }: Opening,
): ChatPart[] {
  const options = question.options
    ?.map((option, i) => `${String.fromCharCode(65 + i)}. ${option}`)
    .join('\n');
  const values = {
    question: question.question,
    options: options ?? '',
    seconds: video.durationSec.toFixed(1),
    frames: video.frames,
    fps: shortNumber(video.fps),
    width: video.widthPx,
    height: video.heightPx,
    shown: overview.length,
    looks: looksLeft(budget, { looks: 0, turns: 0, tokens: 0 }),
  };
  return [
    text(fill(prompt.opening, values).trim()),
    ...overview.flatMap(labelled),
    text(fill(prompt.question, values).trim()),
  ];
}

function labelled(picture: ShownPicture): ChatPart[] {
  return [text(pictureLabel(picture)), { type: 'picture', picture }];
}

function thoughtText(thought: string | null): string {
  return thought === null || thought === '' ? '' : `<think>${thought}</think>`;
}

/** What the model wrote; a native call that came to nothing is written out. */
function ownWords(spoken: ConversationTurn['spoken']): string {
  if (spoken.text.trim() !== '') return spoken.text;
  const { action, thought } = spoken;
  const call =
    action === null || action.tool === 'answer' ? '' : `<tool_call>${printCall(action, 'own')}</tool_call>`;
  return `${thoughtText(thought)}${call}` || '(no text)';
}

/** In the last user message where there is one, because many templates want roles to alternate. */
function withDemand(messages: readonly ChatMessage[], demand: string): readonly ChatMessage[] {
  const last = messages.at(-1);
  return last?.role === 'user'
    ? [...messages.slice(0, -1), { role: 'user', parts: [...last.parts, text(demand)] }]
    : [...messages, { role: 'user', parts: [text(demand)] }];
}

function text(words: string): ChatPart {
  return { type: 'text', text: words };
}
