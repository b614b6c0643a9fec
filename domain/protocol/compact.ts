import { BudgetFailure } from '../failures.js';
import type { Action } from '../trajectory.js';
import { ASKS, ANSWER_CHARACTERS, KINDS, MARKS, MAX_TEXT, ROWS } from '../world/vocabulary.js';

/**
 * The embedded policy's tongue: an action is a slot of seven tokens.
 * ```
 * crop    CROP   F3  X4  Y2  X8  Y4  END      edges in sixteenths of the frame
 * clip    CLIP   F3  END PAD PAD PAD PAD
 * answer  ANSWER 4   2   END PAD PAD PAD      up to four characters
 * ```
 * An edge e is written as the bin ⌊16·e⌉ of {0 … 16} less one where it is a right or lower edge, so that
 * [0, 1] needs sixteen tokens: left/upper edges are bins 0–15, right/lower edges bins 1–16.
 */
export const SLOT = 7;
/** Where in its slot an action names a frame. */
export const FRAME_PLACE = 1;
/** Where a crop names the first of its four edges. */
export const EDGE_PLACE = 2;
export const MAX_FRAMES = 8;
export const BINS = 16;

export const PAD = 0;
export const END = 1;
export const CLIP = 2;
export const CROP = 3;
export const ANSWER = 4;
/** Token of frame 1; the others follow. */
export const FIRST_FRAME = 5;
/** Token of bin 0; the others follow. */
export const FIRST_BIN = FIRST_FRAME + MAX_FRAMES;
const CHAR_0 = FIRST_BIN + BINS;

/** Tokens that a policy can speak. */
export const ACTION_TOKENS = CHAR_0 + ANSWER_CHARACTERS.length;

/** Words of a question; everything else in its sentence is dropped. */
export const QUESTION_WORDS: readonly string[] = [...KINDS, ...ROWS, ...MARKS, ...ASKS];
export const QUESTION_SLOT = 6;

/** Tokens in all: actions, then question words. */
export const VOCABULARY = ACTION_TOKENS + QUESTION_WORDS.length;

/**
 * Question words as tokens, in order, padded to `QUESTION_SLOT`. Unknown words are listed, not guessed; more known ones
 * than there is room for are a BudgetFailure, because half a question is another question.
 */
export function encodeQuestion(question: string): {
  readonly tokens: readonly number[];
  readonly dropped: readonly string[];
} {
  const words = question.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const known = words.filter((word) => QUESTION_WORDS.includes(word));
  if (known.length > QUESTION_SLOT)
    throw new BudgetFailure(
      `a question of ${known.length} words that the policy knows (${known.join(' ')})`,
      `it reads ${QUESTION_SLOT}`,
      `leave out ${known.length - QUESTION_SLOT} of these words, or ask two questions`,
    );
  const tokens = known.map((word) => ACTION_TOKENS + QUESTION_WORDS.indexOf(word));
  while (tokens.length < QUESTION_SLOT) tokens.push(PAD);
  return { tokens, dropped: words.filter((word) => !QUESTION_WORDS.includes(word)) };
}

/** An action as a slot of tokens. Throws when the slot cannot say it (the demonstrations are ours to keep sayable). */
export function encodeAction(action: Action): readonly number[] {
  const tokens = actionTokens(action);
  if (tokens.length > SLOT)
    throw new RangeError(`an action of ${tokens.length} tokens does not fit a slot of ${SLOT}`);
  return [...tokens, ...new Array<number>(SLOT - tokens.length).fill(PAD)];
}

export type DecodedSlot = { readonly action: Action } | { readonly failure: string };

/** What a slot of tokens says, or why it says nothing. Validity of frames and boxes is the tools' to judge. */
export function decodeSlot(tokens: readonly number[]): DecodedSlot {
  const end = tokens.indexOf(END);
  if (end < 0) return { failure: 'the message has no end' };
  const [head, ...rest] = tokens.slice(0, end);
  switch (head) {
    case CLIP: {
      const frame = rest.length === 1 ? frameOf(rest[0]!) : null;
      if (frame === null) return { failure: 'expected CLIP and one frame' };
      return { action: { tool: 'clip', targetFrames: [frame] } };
    }
    case CROP: {
      const frame = rest.length === 5 ? frameOf(rest[0]!) : null;
      const bins = rest.slice(1).map(binOf);
      if (frame === null || bins.includes(null))
        return { failure: 'expected CROP, one frame and four edges' };
      const [x1, y1, x2, y2] = bins as [number, number, number, number];
      const bbox01 = [x1 / BINS, y1 / BINS, (x2 + 1) / BINS, (y2 + 1) / BINS] as const;
      return { action: { tool: 'crop', targetFrame: frame, bbox01 } };
    }
    case ANSWER: {
      const characters = rest.map(characterOf);
      if (characters.length === 0 || characters.includes(null))
        return { failure: 'expected ANSWER and characters' };
      return { action: { tool: 'answer', text: characters.join('') } };
    }
    default:
      return { failure: 'expected CLIP, CROP or ANSWER' };
  }
}

/** 1 for each token that the policy chose: all up to and including END, less the first `forced`. */
export function slotMask(tokens: readonly number[], forced = 0): readonly (0 | 1)[] {
  const end = tokens.indexOf(END);
  const last = end < 0 ? tokens.length - 1 : end;
  return tokens.map((_, i) => (i >= forced && i <= last ? 1 : 0));
}

/** Token of one edge of a box. */
export function binToken(edge01: number, edge: 'low' | 'high'): number {
  const bin = Math.round(edge01 * BINS) - (edge === 'high' ? 1 : 0);
  return FIRST_BIN + Math.min(BINS - 1, Math.max(0, bin));
}

function actionTokens(action: Action): readonly number[] {
  switch (action.tool) {
    case 'clip': {
      const [frame, ...more] = action.targetFrames;
      if (frame === undefined || more.length > 0)
        throw new RangeError('a slot holds a clip of exactly one frame');
      return [CLIP, frameToken(frame), END];
    }
    case 'crop': {
      const [x1, y1, x2, y2] = action.bbox01;
      const edges = [binToken(x1, 'low'), binToken(y1, 'low'), binToken(x2, 'high'), binToken(y2, 'high')];
      return [CROP, frameToken(action.targetFrame), ...edges, END];
    }
    case 'answer': {
      if (action.text.length === 0 || action.text.length > MAX_TEXT)
        throw new RangeError(`an answer has 1 to ${MAX_TEXT} characters, got "${action.text}"`);
      return [ANSWER, ...[...action.text].map(characterToken), END];
    }
  }
}

function frameToken(frame: number): number {
  if (!Number.isInteger(frame) || frame < 1 || frame > MAX_FRAMES)
    throw new RangeError(`frames are 1 to ${MAX_FRAMES}, got ${frame}`);
  return FIRST_FRAME + frame - 1;
}

function characterToken(character: string): number {
  const index = ANSWER_CHARACTERS.indexOf(character);
  if (index < 0) throw new RangeError(`"${character}" is not a character of the small world`);
  return CHAR_0 + index;
}

function frameOf(token: number): number | null {
  return token >= FIRST_FRAME && token < FIRST_BIN ? token - FIRST_FRAME + 1 : null;
}

function binOf(token: number): number | null {
  return token >= FIRST_BIN && token < CHAR_0 ? token - FIRST_BIN : null;
}

function characterOf(token: number): string | null {
  return token >= CHAR_0 && token < ACTION_TOKENS ? ANSWER_CHARACTERS[token - CHAR_0]! : null;
}
