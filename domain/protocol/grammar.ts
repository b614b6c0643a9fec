import {
  ACTION_TOKENS,
  ANSWER,
  BINS,
  CLIP,
  CROP,
  END,
  FIRST_BIN,
  FIRST_FRAME,
  MAX_FRAMES,
  PAD,
} from './compact.js';
import { MAX_TEXT } from '../world/vocabulary.js';

/**
 * The action slot as a finite automaton: what may be said after what. A policy that samples under it always speaks the
 * protocol; whether the frame exists and the box is sound stays the tools' to judge.
 * ```
 * start ─CLIP──→ frame ─F─→ end ─END─→ done ─PAD─→ done
 *       ─CROP──→ frame ─F─→ edge ─X─→ edge ─Y─→ edge ─X─→ edge ─Y─→ end
 *       ─ANSWER→ character ─c─→ character or END, four characters at most
 * ```
 */
export interface Grammar {
  /** The state in which a slot begins is 0. */
  readonly states: number;
  /** [states · ACTION_TOKENS]: the state after a token; −1 where the token may not be said. */
  readonly next: Int32Array;
}

export const SLOT_GRAMMAR: Grammar = slotGrammar();

function slotGrammar(): Grammar {
  const next: Int32Array[] = [];
  const state = (): number => next.push(new Int32Array(ACTION_TOKENS).fill(-1)) - 1;
  const allow = (from: number, tokens: readonly number[], to: number): void => {
    for (const token of tokens) next[from]![token] = to;
  };
  const frames = range(FIRST_FRAME, MAX_FRAMES);
  const bins = range(FIRST_BIN, BINS);
  const characters = range(FIRST_BIN + BINS, ACTION_TOKENS - FIRST_BIN - BINS);
  const [start, done, end] = [state(), state(), state()];
  allow(done, [PAD], done);
  allow(end, [END], done);
  const clipFrame = state();
  allow(start, [CLIP], clipFrame);
  allow(clipFrame, frames, end);
  const cropFrame = state();
  const edges = [state(), state(), state(), state()];
  allow(start, [CROP], cropFrame);
  allow(cropFrame, frames, edges[0]!);
  edges.forEach((edge, i) => {
    allow(edge, bins, edges[i + 1] ?? end);
  });
  const text = Array.from({ length: MAX_TEXT }, state);
  allow(start, [ANSWER], text[0]!);
  text.forEach((place, i) => {
    allow(place, characters, text[i + 1] ?? end);
    if (i > 0) allow(place, [END], done);
  });
  return { states: next.length, next: Int32Array.from(next.flatMap((row) => [...row])) };
}

function range(first: number, count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}
