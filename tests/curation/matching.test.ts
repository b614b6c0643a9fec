import { describe, expect, it } from 'vitest';
import { parseCuration } from '../../configs/load-curation.js';
import { linesOf } from '../../domain/curation/lines.js';
import { matchQuestion } from '../../domain/curation/match.js';
import { mergeWords } from '../../domain/curation/merge.js';
import { normaliseText, numbersOf } from '../../domain/curation/normalise.js';
import { similarityTo, wantedOf } from '../../domain/curation/similarity.js';
import { frameOf, question, textOf, word } from './support/texts.js';

const { matching } = parseCuration('', 'defaults');
const match = (answer: string, frames: Parameters<typeof textOf>[0]) =>
  matchQuestion(question({ answers: [answer] }), textOf(frames), matching);

describe('normalisation', () => {
  it('drops accents, case, currency and marks at the ends, and keeps what parts digits', () => {
    expect(normaliseText('  “Café  Déjà”, £4.50! ')).toBe('cafe deja 4.50');
    expect(normaliseText('1,200 at 12:30')).toBe('1200 at 12:30');
    expect(numbersOf(normaliseText('1,200 at 12:30'))).toEqual(['1200', '12:30']);
  });
});

describe('similarity', () => {
  it('is 1 where OCR joined or split words', () => {
    expect(similarityTo(wantedOf('Green House'), 'GREENHOUSE')).toBe(1);
    expect(similarityTo(wantedOf('Brightwater'), 'Bright water')).toBe(1);
  });

  it('forgives a misread letter and never a misread digit', () => {
    expect(similarityTo(wantedOf('Brightwater'), 'Brightwaler')).toBeCloseTo(10 / 11);
    expect(similarityTo(wantedOf('Platform 12'), 'Platform 13')).toBe(0);
    expect(similarityTo(wantedOf('12:30'), '1230')).toBe(0);
    expect(similarityTo(wantedOf('4.50'), '450')).toBe(0);
  });

  it('takes a text of up to three letters exactly or not at all', () => {
    expect(similarityTo(wantedOf('EXIT'), 'EXIL')).toBe(0.75);
    expect(similarityTo(wantedOf('CAT'), 'CAR')).toBe(0);
    expect(similarityTo(wantedOf('CAT'), 'cat.')).toBe(1);
  });
});

describe('lines', () => {
  it('keep columns apart and words of one line together, whatever their order', () => {
    const words = [
      word('Delayed', [0.7, 0.1, 0.8, 0.14]),
      word('Central', [0.2, 0.1, 0.28, 0.14]),
      word('Northfield', [0.1, 0.1, 0.19, 0.14]),
      word('Oakham', [0.1, 0.3, 0.2, 0.34]),
    ];
    expect(linesOf(words, 16 / 9)).toEqual([[2, 1], [0], [3]]);
  });
});

describe('two readings of one picture', () => {
  it('keep the surer of two words in one place, and all others', () => {
    const merged = mergeWords(
      [word('Gate', [0.1, 0.1, 0.2, 0.15], 0.9), word('1Z', [0.22, 0.1, 0.26, 0.15], 0.4)],
      [word('12', [0.22, 0.1, 0.26, 0.15], 0.8), word('Exit', [0.5, 0.5, 0.6, 0.55], 0.7)],
    );
    expect(merged.map(({ text }) => text)).toEqual(['Gate', '12', 'Exit']);
  });
});

describe('matching', () => {
  it('follows a text that scrolls, as one place, and shows the clearest view of it', () => {
    const found = match('Brightwater', [
      [1, [word('Brightwater', [0.1, 0.8, 0.25, 0.84], 0.6)]],
      [2, [word('Brightwater', [0.1, 0.5, 0.25, 0.54], 0.95)]],
      [3, [word('Brightwaler', [0.1, 0.2, 0.25, 0.24], 0.99)]],
    ]);
    if (found.kind !== 'matched') throw new Error(found.why);
    expect(found.place.hits.map(({ frame }) => frame)).toEqual([1, 2, 3]);
    expect(found.place.clearest.frame).toBe(2);
  });

  it('prefers the sharp view to the blurred one', () => {
    const found = match('Brightwater', [
      [1, [{ ...word('Brightwater', [0.1, 0.5, 0.25, 0.54], 0.9), sharpness: 0.1 }]],
      [2, [{ ...word('Brightwater', [0.1, 0.5, 0.25, 0.54], 0.9), sharpness: 0.4 }]],
    ]);
    expect(found.kind === 'matched' && found.place.clearest.frame).toBe(2);
  });

  it('refuses to choose between several places, and names two of them', () => {
    const twice = match('On time', [
      [1, [word('On time', [0.8, 0.2, 0.9, 0.24]), word('On time', [0.8, 0.3, 0.9, 0.34])]],
    ]);
    expect(twice).toMatchObject({ kind: 'unmatched', reason: 'ambiguous' });
    expect(twice.kind === 'unmatched' && twice.why).toContain('frame 1 at 85 % across, 22 % down');
    // Elsewhere, later: another sign with the same text.
    const later = match('Exit', [
      [1, [word('Exit', [0.1, 0.1, 0.2, 0.14])]],
      [9, [word('Exit', [0.7, 0.6, 0.8, 0.64])]],
    ]);
    expect(later).toMatchObject({ kind: 'unmatched', reason: 'ambiguous' });
  });

  it('takes the exact text where another is only alike, and one place for several spellings', () => {
    const alike = match('Harrowgate', [
      [1, [word('Harrowgale', [0.1, 0.1, 0.2, 0.14]), word('Harrowgate', [0.5, 0.5, 0.6, 0.54])]],
    ]);
    expect(alike.kind === 'matched' && alike.place.clearest.text).toBe('Harrowgate');
    const spelled = matchQuestion(
      question({ answers: ['7.45', '£7.45'] }),
      textOf([[1, [word('£7.45', [0.1, 0.1, 0.2, 0.14])]]]),
      matching,
    );
    expect(spelled.kind).toBe('matched');
  });

  it('joins words of a line, and a line with the one below it', () => {
    const words = frameOf(1, [
      word('Saint', [0.1, 0.1, 0.15, 0.14]),
      word('Agnes', [0.16, 0.1, 0.22, 0.14]),
      word('Hospital', [0.1, 0.15, 0.2, 0.19]),
    ]);
    const found = matchQuestion(
      question({ answers: ['Saint Agnes Hospital'] }),
      { ...textOf([]), frames: [words] },
      matching,
    );
    if (found.kind !== 'matched') throw new Error(found.why);
    expect(found.place.clearest.box01).toEqual([0.1, 0.1, 0.22, 0.19]);
  });

  it('does not look for what is too short, and finds nothing in words that were hardly read', () => {
    expect(match('7', [[1, [word('7', [0.1, 0.1, 0.2, 0.2])]]])).toMatchObject({
      reason: 'answer-too-short',
    });
    expect(match('Exit', [[1, [word('Exit', [0.1, 0.1, 0.2, 0.2], 0.1)]]])).toMatchObject({
      reason: 'missing',
    });
  });
});
