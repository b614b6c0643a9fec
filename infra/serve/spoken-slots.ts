import { decodeSlot, encodeAction, SLOT, ACTION_TOKENS } from '../../domain/protocol/compact.js';
import { parseCall, printCall } from '../../domain/protocol/call-json.js';
import { parseMessage } from '../../domain/protocol/text.js';
import type { ToolCall } from '../../domain/tools/contract.js';
import type { Action } from '../../domain/trajectory.js';
import { badRequest, type RequestError } from './errors.js';
import type { Message } from './request.js';

/** A call's name and arguments as the chat has them. */
export function functionOf(call: ToolCall): { readonly name: string; readonly arguments: string } {
  const { name, arguments: args } = JSON.parse(printCall(call, 'own')) as {
    name: string;
    arguments: unknown;
  };
  return { name, arguments: JSON.stringify(args) };
}

/** What an earlier assistant message said: its tokens, its call (`null` if it meant nothing), and the call's id. */
export interface Said {
  readonly slot: readonly number[];
  readonly call: ToolCall | null;
  readonly id: string | null;
}

type AssistantMessage = Extract<Message, { readonly role: 'assistant' }>;

/** Reads an earlier assistant message back. What this policy cannot have said is a RequestError. */
export function readSaid(message: AssistantMessage, param: string): Said {
  const [first, ...more] = message.tool_calls ?? [];
  if (more.length > 0)
    throw badRequest(`${param}: ${more.length + 1} tool calls; this policy makes one a turn`, param);
  if (first !== undefined) {
    const args = argumentsOf(first.function.arguments, param);
    const read = parseCall(JSON.stringify({ name: first.function.name, arguments: args }), 'own');
    if ('failure' in read) throw badRequest(`${param}: ${read.failure}`, param);
    return { slot: slotOf(read.action, param), call: read.action, id: first.id };
  }
  const text =
    typeof message.content === 'string'
      ? message.content
      : (message.content ?? []).map((p) => p.text).join('');
  const raw = /^\s*<slot>([\d ]+)<\/slot>\s*$/.exec(text);
  if (raw !== null) return { slot: rawSlot(raw[1]!, param), call: null, id: null };
  const { action } = parseMessage(text);
  if (action === null)
    throw badRequest(
      `${param}: expected a tool call, <tool_call>…</tool_call> or <slot>…</slot>: what the policy said before its looks`,
      param,
    );
  if (action.tool === 'answer') throw answered(param);
  return { slot: slotOf(action, param), call: action, id: null };
}

function argumentsOf(json: string, param: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    throw badRequest(`${param}: the arguments of the tool call are not JSON`, param);
  }
}

/** The slot that says exactly this; rounding would be another action than the one that the pictures answer. */
function slotOf(action: Action, param: string): readonly number[] {
  try {
    const slot = encodeAction(action);
    const back = decodeSlot(slot);
    if ('action' in back && JSON.stringify(back.action) === JSON.stringify(action)) return slot;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw badRequest(
    `${param}: this policy cannot have said ${JSON.stringify(action)}: it clips one frame of 8, and crops at sixteenths of the frame`,
    param,
  );
}

function rawSlot(text: string, param: string): readonly number[] {
  const slot = text.trim().split(/ +/).map(Number);
  const whole = slot.length === SLOT && slot.every((token) => token < ACTION_TOKENS);
  if (!whole || 'action' in decodeSlot(slot))
    throw badRequest(
      `${param}: expected <slot> to hold ${SLOT} tokens below ${ACTION_TOKENS} that mean no action`,
      param,
    );
  return slot;
}

function answered(param: string): RequestError {
  return badRequest(`${param}: the policy has answered; another question is another conversation`, param);
}
