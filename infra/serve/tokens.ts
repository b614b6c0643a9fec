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
} from '../../domain/protocol/compact.js';
import { ANSWER_CHARACTERS } from '../../domain/world/vocabulary.js';

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
