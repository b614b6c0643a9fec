import type { Action } from '../trajectory.js';
import { parseCall, printCall, type Dialect } from './call-json.js';

/** What a text policy's message says. `action` is `null` exactly when `failure` says why. */
export type ParsedMessage =
  | { readonly thought: string | null; readonly action: Action }
  | { readonly thought: string | null; readonly action: null; readonly failure: string };

/**
 * Reads one message of a text policy (protocol of Pixel-Reasoner, adapted):
 * ```
 * <think>the price is small, zoom in</think>
 * <tool_call>{"name": "crop", "arguments": {"target_frame": 3, "bbox_2d": [0.1, 0.2, 0.5, 0.4]}}</tool_call>
 * ```
 * or `<answer>42</answer>` in place of the call. The first tag after the thought decides; text outside the tags
 * is passed over. Whether frames exist and boxes have area is the tools' to judge. The `ancestor` dialect is for
 * import: it reads the ancestor's names too, and a `\boxed{…}` where there is no answer tag. Never throws.
 */
export function parseMessage(text: string, dialect: Dialect = 'own'): ParsedMessage {
  const { thought, rest } = splitThought(text);
  if (rest === null) return { thought, action: null, failure: '<think> is not closed' };
  const said = readAction(rest, dialect);
  return 'failure' in said
    ? { thought, action: null, failure: said.failure }
    : { thought, action: said.action };
}

/**
 * Writes a message that `parseMessage` reads back as the same thought and action. Throws a RangeError when the
 * thought or the answer holds its own closing tag, or has blanks at its ends, which would not come back.
 */
export function printMessage(thought: string | null, action: Action, dialect: Dialect = 'own'): string {
  const thinking = thought === null ? '' : `<think>${within('think', thought)}</think>\n`;
  if (action.tool === 'answer') return `${thinking}<answer>${within('answer', action.text)}</answer>`;
  return `${thinking}<tool_call>${printCall(action, dialect)}</tool_call>`;
}

function splitThought(text: string): { readonly thought: string | null; readonly rest: string | null } {
  const open = /^\s*<think>/.exec(text);
  if (open === null) return { thought: null, rest: text };
  const close = text.indexOf('</think>', open[0].length);
  if (close < 0) return { thought: text.slice(open[0].length).trim(), rest: null };
  return { thought: text.slice(open[0].length, close).trim(), rest: text.slice(close + '</think>'.length) };
}

type Said = { readonly action: Action } | { readonly failure: string };

function readAction(rest: string, dialect: Dialect): Said {
  const open = /<(tool_call|answer)>/.exec(rest);
  if (open === null) {
    const boxed = dialect === 'ancestor' ? boxedAnswer(rest) : null;
    if (boxed !== null) return { action: { tool: 'answer', text: boxed } };
    return { failure: 'expected a <tool_call> or an <answer>, found neither' };
  }
  const tag = open[1]!;
  const start = open.index + open[0].length;
  const close = rest.indexOf(`</${tag}>`, start);
  if (close < 0) return { failure: `<${tag}> is not closed` };
  const another = /<(tool_call|answer)>/.exec(rest.slice(close));
  if (another !== null)
    return { failure: `expected one action in a message, found <${tag}> and then <${another[1]!}>` };
  const inner = rest.slice(start, close).trim();
  if (tag === 'tool_call') return parseCall(inner, dialect);
  const boxed = dialect === 'ancestor' ? boxedAnswer(inner) : null;
  return { action: { tool: 'answer', text: boxed ?? inner } };
}

/** What stands in the last `\boxed{…}`, braces matched; `null` where there is none. */
export function boxedAnswer(text: string): string | null {
  const marker = '\\boxed{';
  const at = text.lastIndexOf(marker);
  if (at < 0) return null;
  const start = at + marker.length;
  let depth = 1;
  for (let i = start; i < text.length; i++) {
    if (text[i] === '{') depth++;
    if (text[i] === '}' && --depth === 0) return text.slice(start, i).trim();
  }
  return null;
}

function within(tag: string, text: string): string {
  if (text.includes(`</${tag}>`) || text !== text.trim())
    throw new RangeError(
      `expected text without </${tag}> and without blanks at its ends, got ${JSON.stringify(text)}`,
    );
  return text;
}
