import { stream } from './seeds.js';

/** Which questions the steps [fromStep, toStep) of a stage ask. */
export interface QuestionOrder {
  readonly seed: number;
  readonly stage: string;
  readonly fromStep: number;
  readonly toStep: number;
  readonly perStep: number;
}

/**
 * The questions of some steps, step after step: the candidates are read in passes, each shuffled by its own
 * stream, so every question comes once before any comes twice, and a step's questions follow from its number
 * alone. Throws a RangeError where there are no candidates.
 */
export function questionsOfSteps(candidates: readonly number[], order: QuestionOrder): readonly number[] {
  const { length } = candidates;
  if (length === 0) throw new RangeError('no questions to choose from');
  const chosen: number[] = [];
  let pass = -1;
  let shuffled: readonly number[] = [];
  for (let at = order.fromStep * order.perStep; at < order.toStep * order.perStep; at++) {
    if (Math.floor(at / length) !== pass) {
      pass = Math.floor(at / length);
      shuffled = stream(order.seed, order.stage, 'questions', pass).shuffle(candidates);
    }
    chosen.push(shuffled[at % length]!);
  }
  return chosen;
}
