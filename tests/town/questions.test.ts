import { describe, expect, it } from 'vitest';
import { normaliseAnswer } from '../../domain/metrics/m4vitevqa.js';
import { knobsOf } from '../../domain/town/knobs.js';
import { viewAt } from '../../domain/town/ocr.js';
import { isUnambiguous, occurrences } from '../../domain/town/questions.js';
import type { TruthText } from '../../domain/town/records.js';
import { TOWN_TASKS } from '../../domain/town/records.js';
import { samples } from './samples.js';

const town = [...samples(knobsOf('medium'), 24), ...samples(knobsOf('hard'), 10, { seed: 3, split: 'test' })];
const asked = town.flatMap((sample) => sample.drafts.map((draft) => ({ ...sample, draft })));

describe('questions of the town', () => {
  it('ask for every task, no task for more than a quarter', () => {
    for (const task of TOWN_TASKS) {
      const share = asked.filter(({ draft }) => draft.task === task).length / asked.length;
      expect(share, task).toBeGreaterThan(0.02);
      expect(share, task).toBeLessThan(0.25);
    }
  });

  it('are as many as told, all different, in several wordings', () => {
    for (const { drafts } of town) {
      expect(drafts).toHaveLength(9);
      expect(new Set(drafts.map((draft) => draft.question)).size).toBe(9);
    }
    const openings = new Set(asked.map(({ draft }) => draft.question.split(' ').slice(0, 2).join(' ')));
    expect(openings.size).toBeGreaterThan(20);
    for (const { draft } of asked) expect(draft.question).toMatch(/^[A-Z].*[.?]$/);
  });

  it('have one answer: a text that is asked for stands in one place, and not in the question', () => {
    for (const { draft, scenes } of asked) {
      const [answer = ''] = draft.answers;
      const texts = scenes.flatMap((scene) => scene.texts).map((text) => normaliseAnswer(text.text));
      const times = texts.filter((text) => text === normaliseAnswer(answer)).length;
      if (['read', 'find', 'brief', 'scroll', 'compare', 'order'].includes(draft.task)) expect(times, draft.question).toBe(1);
      if (['read', 'find', 'brief', 'scroll', 'join'].includes(draft.task))
        expect(normaliseAnswer(draft.question)).not.toContain(normaliseAnswer(answer));
    }
  });

  it('are refused when their answer stands in two places, or in the question', () => {
    const draft = { task: 'read', question: 'What is the room number?', answers: ['4.11'], evidence: [] } as const;
    const scene = town[0]?.scenes[0];
    if (scene === undefined) throw new Error('no scene');
    const text = (words: string): TruthText => ({ id: words, role: 'x', row: null, text: words, mark: null, capPx: 9, words: [[0, 1]], views: [] });
    const places = (...words: string[]): ReadonlyMap<string, number> => occurrences([{ ...scene, texts: words.map(text) }]);
    expect(isUnambiguous(draft, places('4.11', 'Mia'))).toBe(true);
    expect(isUnambiguous(draft, places('4.11', '4.11'))).toBe(false);
    expect(isUnambiguous({ ...draft, question: 'Is the room 4.11?' }, places('4.11'))).toBe(false);
  });

  it('are answered by the text of their evidence', () => {
    for (const { draft, scenes } of asked) {
      const texts = draft.evidence.map((one) => one.text);
      const [answer = ''] = draft.answers;
      switch (draft.task) {
        case 'read':
        case 'find':
        case 'brief':
        case 'scroll':
          expect(texts.at(-1)).toBe(answer);
          break;
        case 'join':
          expect(texts.join(' ')).toBe(answer);
          break;
        case 'count':
          expect(draft.evidence).toHaveLength(Number(answer));
          break;
        case 'compare':
          expect(texts).toHaveLength(4);
          expect([texts[0], texts[2]]).toContain(answer);
          break;
        case 'order': {
          const [first, second] = draft.evidence;
          expect(first?.startSec).toBeLessThan(second?.startSec ?? 0);
          expect(/first|earlier/.test(draft.question) ? first?.text : second?.text).toBe(answer);
          break;
        }
        case 'glance':
          expect(draft.options).toContain(answer);
          expect(scenes.some((scene) => scene.kind === answer)).toBe(!draft.question.includes('not in'));
          break;
        default:
          draft.task satisfies never;
      }
    }
  });

  it('compare by value: the dearer one costs more, the earlier train leaves first', () => {
    const value = (text: string): number => Number(text.replace(/\D/g, ''));
    const compared = asked.filter(({ draft }) => draft.task === 'compare');
    expect(compared.length).toBeGreaterThan(5);
    for (const { draft } of compared) {
      const [a = '', priceA = '', b = '', priceB = ''] = draft.evidence.map((one) => one.text ?? '');
      const wantsMore = /more|higher|later/.test(draft.question);
      const larger = value(priceA) > value(priceB) ? a : b;
      const smaller = larger === a ? b : a;
      expect(draft.answers[0]).toBe(wantsMore ? larger : smaller);
    }
  });

  it('point at times and boxes where the truth has the text in clear view, one of them at a sampled frame', () => {
    for (const { draft, scenes, rates } of asked) {
      expect(draft.evidence.length).toBeGreaterThan(0);
      for (const { text, startSec, endSec, boxes } of draft.evidence) {
        expect(startSec).toBeLessThan(endSec);
        expect(boxes[0]?.sec).toBe(startSec);
        const looks = Math.ceil(endSec * rates.lookFps - 1e-6) - Math.ceil(startSec * rates.lookFps - 1e-6);
        expect(looks, draft.question).toBeGreaterThan(0);
        if (text === undefined) continue;
        const truth = scenes.flatMap((scene) => scene.texts).find((one) => one.text === text && one.role !== 'caption');
        if (truth === undefined) throw new Error(`no text ${text}`);
        for (const { sec, box01 } of boxes) {
          const view = viewAt(truth, sec, rates.fps);
          expect(view?.box01).toEqual(box01);
          expect(view?.clear01).toBeGreaterThanOrEqual(0.98);
        }
        for (const view of truth.views.filter(({ sec }) => sec >= startSec && sec < endSec))
          expect(view.clear01).toBeGreaterThanOrEqual(0.98);
      }
    }
  });

  it('say nothing of a text that is covered all the time', () => {
    // On easy a notice stays for its whole scene: what lies under it is never seen.
    const covered = samples(knobsOf('easy'), 12).flatMap(({ scenes, drafts }) =>
      scenes.flatMap((scene) =>
        scene.texts
          .filter((text) => text.role !== 'scroll' && text.views.every((view) => view.clear01 < 0.98))
          .map((text) => ({ text, drafts })),
      ),
    );
    expect(covered.length).toBeGreaterThan(0);
    for (const { text, drafts } of covered)
      for (const draft of drafts) expect(draft.evidence.map((one) => one.text)).not.toContain(text.text);
  });
}); // prettier-ignore
