import { describe, expect, it } from 'vitest';
import type { GradedRollout } from '../../domain/graded.js';
import { addLedger, balanced, EMPTY_LEDGER } from '../../domain/ledger.js';
import { majorityAnswer, majorityBaseline } from '../../domain/metrics/majority.js';
import { summarise } from '../../domain/metrics/summary.js';
import { wilson95 } from '../../domain/metrics/wilson.js';
import type { Looks } from '../../domain/world/records.js';

function graded(looks: Looks, correct: boolean, more: Partial<GradedRollout> = {}): GradedRollout {
  const turn = { thought: null, action: null, tokens: [], logProbs: [], mask: [] };
  return {
    questionId: 'q',
    question: '?',
    task: 'read',
    looks,
    video: 'v.mp4',
    dir: '/world',
    answers: ['1'],
    rollout: { questionId: 'q', sample: 0, turns: [turn, turn], answer: null },
    correct,
    anls: correct ? 1 : 0,
    clips: 1,
    crops: 2,
    refused: 0,
    ...more,
  };
}

describe('a row of the table', () => {
  it('counts all questions, and those of one look and of several apart', () => {
    const row = summarise('RL_d', [
      graded('crop', true),
      graded('clip', false, { anls: 0.5, clips: 2 }),
      graded('several', true, { crops: 0 }),
      graded('several', true, { crops: 0 }),
    ]);
    expect(row).toEqual({
      stage: 'RL_d',
      n: 4,
      accuracy: 0.75,
      ci95: wilson95(3, 4),
      anls: 3.5 / 4,
      clips: 5 / 4,
      crops: 1,
      turns: 2,
      single: { n: 2, accuracy: 0.5, ci95: wilson95(1, 2) },
      several: { n: 2, accuracy: 1, ci95: wilson95(2, 2) },
    });
  });

  it('of no questions has no NaN in it', () => {
    const nothing = { n: 0, accuracy: 0, ci95: [0, 1] };
    expect(summarise('base', [])).toEqual({
      stage: 'base',
      ...nothing,
      anls: 0,
      clips: 0,
      crops: 0,
      turns: 0,
      single: nothing,
      several: nothing,
    });
  });
});

describe('the majority baseline', () => {
  const questions = (...answers: string[]) => answers.map((answer) => ({ answers: [answer] }));

  it('takes the most common answer of training, equal after normalisation, as first written', () => {
    expect(majorityAnswer(questions('Two', '7', '2', 'the 2'))).toBe('Two');
  });

  it('breaks a tie in the same way whatever the order', () => {
    expect(majorityAnswer(questions('B', 'A'))).toBe('A');
    expect(majorityAnswer(questions('A', 'B'))).toBe('A');
  });

  it('is graded on test, not on training', () => {
    const test = [
      { answers: ['7'], looks: 'crop' as const },
      { answers: ['3'], looks: 'several' as const },
    ];
    const row = majorityBaseline(questions('3', '3', '7'), test);
    expect(row).toMatchObject({ stage: 'majority', n: 2, accuracy: 0.5, anls: 0.5, clips: 0, crops: 0 });
    expect([row.single.accuracy, row.several.accuracy]).toEqual([0, 1]);
  });

  it('without training answers nothing, and is wrong', () => {
    expect(majorityAnswer([])).toBeNull();
    expect(majorityBaseline([{ answers: [] }], [{ answers: ['1'], looks: 'crop' }]).accuracy).toBe(0);
  });
});

describe('the prompt ledger', () => {
  const a = { sampled: 5, trained: 3, filtered: { uniform: 1 }, quarantined: { 'no video': 1 } };
  const b = { sampled: 2, trained: 0, filtered: { empty: 1, uniform: 1 }, quarantined: {} };

  it('adds, reason by reason, and stays balanced', () => {
    const sum = addLedger(a, b);
    expect(sum).toEqual({
      sampled: 7,
      trained: 3,
      filtered: { empty: 1, uniform: 2 },
      quarantined: { 'no video': 1 },
    });
    expect([a, b, sum, EMPTY_LEDGER].map(balanced)).toEqual([true, true, true, true]);
  });

  it('adds to the same JSON in whichever order, and the empty one changes nothing', () => {
    expect(JSON.stringify(addLedger(a, b))).toBe(JSON.stringify(addLedger(b, a)));
    expect(addLedger(a, EMPTY_LEDGER)).toEqual(a);
  });

  it('is not balanced when a prompt is lost, counted twice, or no count at all', () => {
    expect(balanced({ ...a, sampled: 6 })).toBe(false);
    expect(balanced({ ...a, trained: 4 })).toBe(false);
    expect(balanced({ sampled: 0, trained: -1, filtered: { x: 1 }, quarantined: {} })).toBe(false);
    expect(balanced({ sampled: Number.NaN, trained: Number.NaN, filtered: {}, quarantined: {} })).toBe(false);
  });

  it('is not fooled by a reason named like something that every object has', () => {
    const odd = { ...EMPTY_LEDGER, sampled: 1, filtered: { constructor: 1 } };
    expect(addLedger(odd, EMPTY_LEDGER)).toEqual(odd);
    expect(balanced(addLedger(odd, odd))).toBe(true);
  });
});
