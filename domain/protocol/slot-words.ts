import {
  ACTION_TOKENS,
  ANSWER,
  BINS,
  CLIP,
  CROP,
  EDGE_PLACE,
  END,
  FIRST_BIN,
  FIRST_FRAME,
  PAD,
  decodeSlot,
} from './compact.js';
import type { ToolCall } from '../tools/contract.js';
import { ANSWER_CHARACTERS } from '../world/vocabulary.js';
import { printMessage } from './text.js';

/**
 * A turn between the policy's slot of seven tokens and the chat's words. A policy that is not held to the grammar can
 * say what means nothing; it is written as its tokens, `<slot>2 1 0 0 0 0 0</slot>`, so that it comes back as it was.
 */
export interface Spoken {
  readonly content: string | null;
  readonly call: ToolCall | null;
}

/** @param native whether looks are tool calls; an answer stands in `<answer>` tags either way */
export function speak(tokens: readonly number[], native: boolean): Spoken {
  const said = decodeSlot(tokens);
  if ('failure' in said) return { content: `<slot>${tokens.join(' ')}</slot>`, call: null };
  const { action } = said;
  return native && action.tool !== 'answer'
    ? { content: null, call: action }
    : { content: printMessage(null, action), call: null };
}

const NAMES: readonly (readonly [token: number, name: string])[] = [
  [PAD, 'PAD'],
  [END, 'END'],
  [CLIP, 'CLIP'],
  [CROP, 'CROP'],
  [ANSWER, 'ANSWER'],
];

/** A token of an action slot as `domain/protocol/compact.ts` writes it: CROP F3 X4 Y2 X8 Y4 END. */
export function tokenName(token: number, place: number): string {
  const word = NAMES.find(([known]) => known === token)?.[1];
  if (word !== undefined) return word;
  if (token < FIRST_BIN) return `F${token - FIRST_FRAME + 1}`;
  const character = token - FIRST_BIN - BINS;
  if (character >= 0 && token < ACTION_TOKENS) return ANSWER_CHARACTERS[character]!;
  // A right or lower edge is written as the bin that it closes, one less than its sixteenth.
  const edge = place - EDGE_PLACE;
  return `${edge % 2 === 0 ? 'X' : 'Y'}${token - FIRST_BIN + (edge >= 2 ? 1 : 0)}`;
}
