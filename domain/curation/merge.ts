import type { OcrWord } from '../data/records.js';
import { sharedOfSmaller } from './boxes.js';

/** Boxes that share this much of the smaller one show the same letters. */
const SAME_LETTERS = 0.5;

/**
 * What two readings of one picture found. Where they overlap, the surer word stands; equal ones go to the first. Lines of
 * the second are numbered after those of the first.
 */
export function mergeWords(first: readonly OcrWord[], second: readonly OcrWord[]): readonly OcrWord[] {
  const linesBefore = Math.max(-1, ...first.map(({ line }) => line)) + 1;
  const all = [...first, ...second.map((word) => ({ ...word, line: word.line + linesBefore }))];
  const surest = all
    .map((word, at) => ({ word, at }))
    .sort((a, b) => (b.word.confidence ?? 0) - (a.word.confidence ?? 0) || a.at - b.at);
  const kept: typeof surest = [];
  for (const one of surest) {
    if (kept.every(({ word }) => sharedOfSmaller(word.box01, one.word.box01) < SAME_LETTERS)) kept.push(one);
  }
  return kept.sort((a, b) => a.at - b.at).map(({ word }) => word);
}
