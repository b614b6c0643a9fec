import { describe, expect, it } from 'vitest';
import { anls, editDistance } from '../../domain/metrics/anls.js';
import { CONTRACTIONS } from '../../domain/metrics/contractions.js';
import { gradeAnswer } from '../../domain/metrics/grade.js';
import { matches, normaliseAnswer } from '../../domain/metrics/m4vitevqa.js';
import { pairedDifference } from '../../domain/metrics/paired.js';
import { wilson95 } from '../../domain/metrics/wilson.js';
import { stream } from '../../domain/seeds.js';

describe('M4-ViteVQA accuracy', () => {
  /**
   * Made by a Python port of `EvalAIAnswerProcessor` (facebookresearch/pythia, tasks/processors.py at c46b3b3) with
   * M4-ViteVQA's two differences: articles a, an, the, in, at; number words zero … ten without "none".
   */
  it.each([
    ['The Price is $3.50.', 'price is $3.50'],
    ['1,000', '1000'],
    ['Two dogs', '2 dogs'],
    ["in the shop at Ten o'clock", "shop 10 o'clock"],
    ['Dont stop!', "don't stop"],
    ["it's John's", "it 's john 's"],
    ['A-B', 'b'],
    ['A - B', 'b'],
    ['e.g. 3.14', 'eg 3.14'],
    ['...', ''],
    ['', ''],
    ['  ', ''],
    ['Line\none\ttwo', 'line 1 2'],
    ['12:30 p.m.', '12:30 pm'],
    ['(left)', 'left'],
    ["couldn'tve be", "couldn't've be"],
    ['foo/bar baz / qux', 'foobar baz qux'],
    ["Mr. O'Neil", "mr o'neil"],
    ['theres no one', "there's no 1"],
    ["somebody'd", 'somebodyd'],
    ['5.', '5'],
    ['x.5', 'x.5'],
    ['UNO, DOS', 'uno dos'],
    ['"quoted" text', 'quoted text'],
    ['well -known', 'well known'],
    ['ten.', '10'],
    ['none', 'none'],
    ['\\boxed{4}', 'boxed 4'],
    ['Ünïcode É', 'ünïcode é'],
  ])('normalises %j to %j', (answer, expected) => {
    expect(normaliseAnswer(answer)).toBe(expected);
  });

  it('holds the reference’s contractions: as many, and spot checks of each form', () => {
    // 120 entries of the reference, less 4 with capitals (never met after lower-casing) and 2 that map to themselves.
    expect(CONTRACTIONS.size).toBe(114);
    expect(CONTRACTIONS.get('aint')).toBe("ain't");
    expect(CONTRACTIONS.get("hed've")).toBe("he'd've");
    expect(CONTRACTIONS.get("he'dve")).toBe("he'd've");
    expect(CONTRACTIONS.get('twas')).toBe("'twas");
    expect(CONTRACTIONS.get("y'alld've")).toBe("y'all'd've");
    expect(CONTRACTIONS.has('lets')).toBe(false);
  });

  it('takes the best of the true answers, and nothing for right when there are none', () => {
    expect(matches('two', ['three', '2'])).toBe(true);
    expect(matches('22', ['2'])).toBe(false);
    expect(matches('2', [])).toBe(false);
    expect(matches('', ['the'])).toBe(true);
  });
});

describe('ANLS', () => {
  it('agrees with the card of huggingface/evaluate’s ANLS metric, question by question', () => {
    expect(anls('Denver Broncos', ['Denver Broncos', 'Denver R. Broncos'])).toBe(1);
    expect(anls('12/15/89', ['12/15/88'])).toBe(1 - 1 / 8);
    expect(anls('Dear dr. Lobo', ['Dear Dr. Lobo', 'Dr. Lobo'])).toBe(1);
  });

  it('keeps a similarity of exactly one half and drops the next lower one', () => {
    expect(anls('ab', ['ax'])).toBe(0.5);
    expect(anls('abc', ['axy'])).toBe(0);
    expect(anls('abcde', ['abxyz'])).toBe(0);
  });

  it('strips and lowers, and does nothing else', () => {
    expect(anls('  ABC \n', ['abc'])).toBe(1);
    expect(anls('the cat', ['cat'])).toBe(0);
    expect(anls('two', ['2'])).toBe(0);
  });

  it('is 1 for empty against empty, 0 for no answer, 0 without truths', () => {
    expect(anls('', [''])).toBe(1);
    expect(anls(' ', [''])).toBe(1);
    expect(anls(null, [''])).toBe(0);
    expect(anls('', ['a'])).toBe(0);
    expect(anls('a', [])).toBe(0);
  });

  it('counts code points, not UTF-16 units', () => {
    expect(editDistance('😀', 'a')).toBe(1);
    expect(anls('😀a', ['😀b'])).toBe(0.5);
  });
});

describe('edit distance', () => {
  it.each([
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['flaw', 'lawn', 2],
    ['same', 'same', 0],
  ])('of %j and %j is %i', (a, b, expected) => {
    expect(editDistance(a, b)).toBe(expected);
  });

  it('is a metric: symmetric, and no detour is shorter', () => {
    const random = stream('edit distance');
    const word = (): string =>
      Array.from({ length: random.int(0, 6) }, () => random.pick(['a', 'b', 'c'])).join('');
    for (let i = 0; i < 500; i++) {
      const [a, b, c] = [word(), word(), word()];
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, c)).toBeLessThanOrEqual(editDistance(a, b) + editDistance(b, c));
    }
  });
});

describe('an answer’s grade', () => {
  it('is both metrics; a rollout without an answer is wrong even where the truth is empty', () => {
    expect(gradeAnswer('K7M', ['K7N'])).toEqual({ correct: false, anls: 1 - 1 / 3 });
    expect(gradeAnswer('k7m', ['K7M'])).toEqual({ correct: true, anls: 1 });
    expect(gradeAnswer(null, [''])).toEqual({ correct: false, anls: 0 });
  });
});

describe('Wilson’s interval', () => {
  /** Newcombe 1998 (Statistics in Medicine 17:857), table I, method 3. */
  it.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %i in %i is the published one', (k, n, lo, hi) => {
    const interval = wilson95(k, n);
    expect(interval[0]).toBeCloseTo(lo, 4);
    expect(interval[1]).toBeCloseTo(hi, 4);
  });

  it('says nothing of nothing, and ends exactly at 0 and at 1', () => {
    expect(wilson95(0, 0)).toEqual([0, 1]);
    expect(wilson95(0, 1)[0]).toBe(0);
    expect(wilson95(7, 7)[1]).toBe(1);
    expect(() => wilson95(2, 1)).toThrow(RangeError);
    expect(() => wilson95(Number.NaN, 1)).toThrow(RangeError);
  });

  it('holds the share it is about, and mirrors', () => {
    for (let k = 0; k <= 30; k++) {
      const [lo, hi] = wilson95(k, 30);
      expect(lo).toBeLessThanOrEqual(k / 30);
      expect(hi).toBeGreaterThanOrEqual(k / 30);
      expect(wilson95(30 - k, 30)[0]).toBeCloseTo(1 - hi, 12);
    }
  });
});

describe('the paired difference', () => {
  const pairs = (gained: number, lost: number, n: number) =>
    Array.from({ length: n }, (_, i) => ({ before: i >= gained && i < gained + lost, after: i < gained }));

  it('is that of Agresti and Min, by hand: b 12, c 5, n 100', () => {
    const { delta, ci95, n } = pairedDifference(pairs(12, 5, 100));
    expect([n, delta]).toEqual([100, 0.07]);
    // 7/102 ± 1.96·√(18 − 49/102)/102
    expect(ci95[0]).toBeCloseTo(-0.0118011, 7);
    expect(ci95[1]).toBeCloseTo(0.149056, 6);
  });

  it('keeps a width where nothing changed, stays in [−1, 1], and says nothing of nothing', () => {
    expect(pairedDifference(pairs(0, 0, 50)).ci95[1]).toBeCloseTo(0.0376916, 7);
    expect(pairedDifference(pairs(3, 0, 3)).ci95[1]).toBe(1);
    expect(pairedDifference(pairs(0, 1, 1))).toMatchObject({ n: 1, delta: -1 });
    expect(pairedDifference([])).toEqual({ n: 0, delta: 0, ci95: [-1, 1] });
  });

  it('covers the true difference about 95 times in 100', () => {
    const random = stream('coverage');
    const [gain, loss, trials] = [0.12, 0.06, 2000];
    let covered = 0;
    for (let trial = 0; trial < trials; trial++) {
      const sample = Array.from({ length: 200 }, () => {
        const u = random.float();
        return { before: u >= gain && u < gain + loss, after: u < gain };
      });
      const [lo, hi] = pairedDifference(sample).ci95;
      if (lo <= gain - loss && gain - loss <= hi) covered++;
    }
    expect(covered / trials).toBeGreaterThan(0.935);
    expect(covered / trials).toBeLessThan(0.965);
  });
});
