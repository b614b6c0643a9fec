import type { Action } from '../trajectory.js';
import { parseCall } from './call-json.js';
import { parseMessage, type ParsedMessage } from './text.js';

/** What a chat server sent as one message. */
export interface ChatReply {
  readonly content: string;
  /** Thoughts that the server sets apart (`reasoning_content`), empty where it does not. */
  readonly reasoning: string;
  readonly calls: readonly ServedCall[];
}

/** A tool call as it came; `arguments` is meant to be JSON. */
export interface ServedCall {
  readonly name: string;
  readonly arguments: string;
}

/** A message as read, and whether its call was a tool call of the server's. */
export type ReadReply = ParsedMessage & { readonly native: boolean };

/**
 * Reads a message of a chat model: the server's tool call if there is one, else the text protocol, in which Qwen's
 * models also write their calls where the server does not read them. Names and `\boxed{}` of the ancestor are read,
 * because models trained on it are served too. Where the message must be the answer (`final`), text without any tag
 * is taken as the answer. Never throws.
 */
export function readReply(reply: ChatReply, final: boolean): ReadReply {
  const { thought, rest } = apart(reply);
  const call = reply.calls[0];
  if (call !== undefined) return { thought, ...readCall(call, final), native: true };
  const parsed = parseMessage(rest, 'ancestor');
  const said = { ...parsed, thought: thought ?? parsed.thought, native: false };
  if (!final) return said;
  if (said.action?.tool === 'answer') return said;
  const plain = rest.trim();
  if (said.action === null && plain !== '' && !TAGS.test(plain))
    return { thought: said.thought, action: { tool: 'answer', text: plain }, native: false };
  return { thought: said.thought, action: null, failure: NO_ANSWER, native: false };
}

/** `slot`: what the embedded policy says where it means nothing (domain/protocol/slot-words.ts). */
const TAGS = /<\/?(think|tool_call|answer|slot)>/;
const NO_ANSWER = 'expected the answer, because nothing is left to look with, and found none';

function readCall(
  { name, arguments: json }: ServedCall,
  final: boolean,
): { readonly action: Action } | { readonly action: null; readonly failure: string } {
  if (final) return { action: null, failure: NO_ANSWER };
  let args: unknown;
  try {
    args = JSON.parse(json);
  } catch {
    return { action: null, failure: `the arguments of ${name.slice(0, 60)} are not valid JSON` };
  }
  const parsed = parseCall(JSON.stringify({ name, arguments: args }), 'ancestor');
  return 'action' in parsed ? parsed : { action: null, failure: parsed.failure };
}

/** Thoughts that the server set apart, or that only end: some templates write `<think>` on the model's behalf. */
function apart({ content, reasoning }: ChatReply): {
  readonly thought: string | null;
  readonly rest: string;
} {
  if (reasoning.trim() !== '') return { thought: reasoning.trim(), rest: content };
  const end = content.indexOf('</think>');
  if (end >= 0 && !/^\s*<think>/.test(content) && !content.slice(0, end).includes('<'))
    return { thought: content.slice(0, end).trim(), rest: content.slice(end + '</think>'.length) };
  return { thought: null, rest: content };
}
