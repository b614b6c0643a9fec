import { describe, expect, it } from 'vitest';
import { stream } from '../../domain/seeds.js';
import { planVideo } from '../../domain/world/plan.js';
import type { Draft } from '../../domain/world/questions.js';
import { draftQuestions } from '../../domain/world/questions.js';
import type { Task, TruthScene } from '../../domain/world/records.js';
import { ASKS, KINDS, MARKS, MAX_TEXT, ROWS } from '../../domain/world/vocabulary.js';
import { film } from '../../infra/world/film.js';

const VIDEOS = 20;
const truths = Array.from({ length: VIDEOS }, (_, index) => film(planVideo(9, 'train', index)).truth);
const ask = (index: number, count: number): readonly Draft[] =>
  draftQuestions(stream('test', index), truths[index] ?? [], index, count);
const drafts = truths.flatMap((truth, index) => ask(index, 8).map((draft) => ({ draft, truth })));

describe('draftQuestions', () => {
  it('asks as many different questions as told, up to 24', () => {
    for (const count of [1, 8, 24]) {
      for (let index = 0; index < VIDEOS; index++) {
        const questions = ask(index, count).map((draft) => draft.question);
        expect(new Set(questions).size).toBe(count);
      }
    }
  });

  it('asks half for one tool and half for several, in the promised shares', () => {
    const counts: Record<Task, number> = { read: 0, symbol: 0, count: 0, lookup: 0, join: 0, compare: 0 };
    for (const { draft } of drafts) counts[draft.task] += 1;
    // Some videos have fewer symbols than their turn asks for; they are asked to read in its place.
    expect(counts.read + counts.symbol).toBe(72);
    expect(counts.symbol).toBeGreaterThanOrEqual(20);
    expect(counts).toMatchObject({ count: 8, lookup: 32, join: 24, compare: 24 });
    const looks = (draft: Draft): string => (draft.looks === 'several' ? 'several' : 'single');
    for (let index = 0; index < VIDEOS; index++) {
      expect(ask(index, 8).filter((draft) => looks(draft) === 'single')).toHaveLength(4);
    }
  });

  it('uses at most six words that a policy keeps, exactly as the vocabulary writes them', () => {
    const kept: ReadonlySet<string> = new Set([...KINDS, ...ROWS, ...MARKS, ...ASKS]);
    for (const { draft } of drafts) {
      const words = draft.question.toLowerCase().split(/[^a-z]+/);
      const content = words.filter((word) => kept.has(word));
      expect(content.length, draft.question).toBeGreaterThanOrEqual(2);
      expect(content.length, draft.question).toBeLessThanOrEqual(6);
      // The same words ask the same question, also without all the others.
      expect(
        new Set(words.filter((word) => /^(signs|posters|rows|stars|dot|symbols)$/.test(word))).size,
      ).toBe(0);
    }
  });

  it('can be told apart by the words that are kept', () => {
    const kept: ReadonlySet<string> = new Set([...KINDS, ...ROWS, ...MARKS, ...ASKS]);
    for (let index = 0; index < VIDEOS; index++) {
      const keys = ask(index, 24).map((draft) =>
        draft.question
          .toLowerCase()
          .split(/[^a-z]+/)
          .filter((word) => kept.has(word))
          .join(' '),
      );
      expect(new Set(keys).size).toBe(24);
    }
  });

  it('is answered by its evidence, in the order in which one would look', () => {
    for (const { draft, truth } of drafts) {
      const [answer = ''] = draft.answers;
      const texts = draft.evidence.map((look) => look.text);
      const tools = draft.evidence.map((look) => look.tool).join(' ');
      expect(answer.length).toBeLessThanOrEqual(MAX_TEXT);
      switch (draft.task) {
        case 'read':
          expect([draft.looks, tools, texts]).toEqual(['crop', 'crop', [answer]]);
          break;
        case 'symbol':
          expect([draft.looks, tools, texts.map((text) => text.toUpperCase())]).toEqual([
            'clip',
            'clip',
            [answer],
          ]);
          break;
        case 'count':
          expect([draft.looks, tools, texts]).toEqual(['clip', 'clip', [answer]]);
          break;
        case 'lookup':
          expect([draft.looks, tools, texts[1]]).toEqual(['several', 'clip crop', answer]);
          expect(draft.question).toContain(`beside the ${texts[0] ?? ''} on`);
          expect(itemOf(truth, answer)?.mark).toBe(texts[0]);
          break;
        case 'join':
          expect([draft.looks, tools, texts.join('')]).toEqual(['several', 'crop crop', answer]);
          expect(texts.map((text) => text.length)).toEqual([2, 2]);
          break;
        case 'compare':
          expect([draft.looks, tools]).toEqual(['several', 'crop crop']);
          expect(Math.max(...texts.map(Number))).toBe(Number(answer));
          expect(Number(texts[0])).not.toBe(Number(texts[1]));
          break;
        default:
          draft.task satisfies never;
      }
    }
  });

  it('points its evidence at the frame, the second and the box where the thing is', () => {
    for (const { draft, truth } of drafts) {
      for (const look of draft.evidence) {
        const scene = truth[look.frame - 1];
        expect([look.startSec, look.endSec]).toEqual([look.frame - 1, look.frame]);
        if (look.tool === 'crop') expect(itemOf(truth, look.text)?.box01).toEqual(look.box01);
        else if (draft.task === 'symbol')
          expect(scene?.symbol).toEqual({ name: look.text, box01: look.box01 });
        else if (draft.task === 'count')
          expect(scene?.dots).toEqual({ count: Number(look.text), box01: look.box01 });
        else expect(scene?.items.find((item) => item.mark === look.text)?.markBox01).toEqual(look.box01);
        expect(draft.question).toContain(scene?.kind ?? 'no scene');
      }
    }
  });
});

function itemOf(truth: readonly TruthScene[], text: string): TruthScene['items'][number] | undefined {
  return truth.flatMap((scene) => scene.items).find((item) => item.text === text);
}
