import { describe, expect, it } from 'vitest';
import { KINDS } from '../../domain/town/kinds.js';
import type { Difficulty, Knobs } from '../../domain/town/knobs.js';
import { DIFFICULTIES, knobsOf, PRESETS, RANGES } from '../../domain/town/knobs.js';
import { townLayoutName } from '../../domain/town/layout.js';
import type { TownPlan } from '../../domain/town/plan.js';
import { planTown } from '../../domain/town/plan.js';
import { splitOfText } from '../../domain/town/texts.js';
import { normaliseAnswer } from '../../domain/metrics/m4vitevqa.js';
import { UserError } from '../../domain/failures.js';
import type { Split } from '../../domain/world/records.js';
import { SPLITS, splitOf } from '../../domain/world/splits.js';

const VIDEOS = 40;
const plansOf = (split: Split, knobs: Knobs = PRESETS.medium): readonly TownPlan[] =>
  Array.from({ length: VIDEOS }, (_, index) => planTown(5, split, index, knobs));
const plans: Readonly<Record<Split, readonly TownPlan[]>> = {
  train: plansOf('train'),
  validation: plansOf('validation'),
  test: plansOf('test'),
};
/** Texts of a plan, without the words that belong to the furniture. */
const textsOf = (plan: TownPlan): readonly string[] =>
  plan.scenes
    .flatMap((scene) => [...scene.fields, ...(scene.notice?.fields ?? [])])
    .filter((field) => field.role !== 'caption')
    .map((field) => field.text);

describe('splits of the town', () => {
  it('share no text, whatever its case, and no quantised layout', () => {
    const nameSets = [
      SPLITS.map((split) => new Set(plans[split].flatMap(textsOf).map((text) => text.toUpperCase()))),
      SPLITS.map(
        (split) =>
          new Set(plans[split].flatMap((plan) => plan.scenes.map((scene) => townLayoutName(scene.layout)))),
      ),
    ];
    for (const [train = new Set(), validation = new Set(), test = new Set()] of nameSets) {
      expect(Math.min(train.size, validation.size, test.size)).toBeGreaterThan(50);
      expect([...test].filter((name) => train.has(name) || validation.has(name))).toEqual([]);
      expect([...validation].filter((name) => train.has(name))).toEqual([]);
    }
  });

  it('agree with the small world about a text that both could show', () => {
    for (const text of ['BELL', '407', 'CAFE'])
      expect(splitOfText(text.toLowerCase())).toBe(splitOf('text', text));
  });
});

describe('planTown', () => {
  it('shows each kind at most once in a video, and every kind in a town', () => {
    for (const plan of plans.train) {
      const kinds = plan.scenes.map((scene) => scene.kind);
      expect(kinds).toHaveLength(PRESETS.medium.scenes);
      expect(new Set(kinds).size).toBe(kinds.length);
    }
    const seen = new Set(plans.train.flatMap((plan) => plan.scenes.map((scene) => scene.kind)));
    expect(seen).toEqual(new Set(KINDS));
  });

  it('writes no text twice in a video, once case and punctuation are gone', () => {
    for (const plan of SPLITS.flatMap((split) => plans[split])) {
      const texts = textsOf(plan).map(normaliseAnswer);
      expect(new Set(texts).size).toBe(texts.length);
    }
  });

  it('gives the same plan for the same names, and another for another index, seed or split', () => {
    const one = JSON.stringify(planTown(5, 'test', 3, PRESETS.hard));
    expect(JSON.stringify(planTown(5, 'test', 3, PRESETS.hard))).toBe(one);
    for (const other of [planTown(5, 'test', 4, PRESETS.hard), planTown(6, 'test', 3, PRESETS.hard), planTown(5, 'train', 3, PRESETS.hard)])
      expect(JSON.stringify(other)).not.toBe(one);
  });

  it('adds up its receipts', () => {
    const cents = (text: string): number => Number(text.replace(/\D/g, ''));
    const receipts = plans.train.flatMap((plan) => plan.scenes.filter((scene) => scene.kind === 'receipt'));
    expect(receipts.length).toBeGreaterThan(5);
    for (const { fields } of receipts) {
      const prices = fields.filter((field) => field.role === 'price').map((field) => cents(field.text));
      const total = fields.find((field) => field.role === 'total')?.text ?? '';
      expect(prices.reduce((sum, price) => sum + price, 0)).toBe(cents(total));
    }
  });

  it('writes words, numbers, times, prices, phone numbers, mixed case and accents', () => {
    const texts = SPLITS.flatMap((split) => plans[split].flatMap(textsOf));
    const kinds = [/^[A-Z][a-z]+ [a-z]+$/, /^\d+[a-d]?$/, /^\d\d:\d\d$/, /[€$£]/, /^0\d\d 555 \d{4}$/, /[A-Z].*[a-z]/, /[à-ÿ]/];
    for (const kind of kinds) expect(texts.some((text) => kind.test(text)), String(kind)).toBe(true);
  });
}); // prettier-ignore

describe('knobs', () => {
  it.each(DIFFICULTIES)('of the preset %s lie within their ranges', (difficulty) => {
    expect(knobsOf(difficulty)).toEqual(PRESETS[difficulty]);
  });

  it('get harder from easy to hard, all of them', () => {
    const [easy, medium, hard] = DIFFICULTIES.map((name: Difficulty): Knobs => PRESETS[name]);
    for (const name of Object.keys(RANGES) as (keyof Knobs)[]) {
      const steps = [easy?.[name], medium?.[name], hard?.[name]].map(Number);
      const sign = ['textPct', 'contrast', 'briefSec'].includes(name) ? -1 : 1;
      const rising = steps.map((step) => step * sign);
      if (['widthPx', 'heightPx', 'fps', 'scenes', 'sceneSec'].includes(name))
        expect(new Set(steps).size).toBe(1);
      else
        expect(
          [...rising].sort((a, b) => a - b),
          name,
        ).toEqual(rising);
      if (name === 'crf') expect(rising[0]).toBeLessThan(rising[2] ?? 0);
    }
  });

  it.each([
    [{ wobble: 1 }, 'knob wobble: there is no such knob'],
    [{ textPct: 50 }, 'knob textPct: expected a number from 2 to 10 (% of the height), got 50'],
    [{ crf: 20.5 }, 'knob crf: expected a whole number from 10 to 45'],
    [{ widthPx: 255 }, 'size: expected even sides, from 4:3 to 21:9, got 255x144'],
    [{ widthPx: 144, heightPx: 256 }, 'size: expected even sides'],
    [{ briefSec: 3 }, 'knob briefSec: expected a time from one frame (0.25 s) to a scene (2 s), got 3'],
    [{ noise: Number.NaN }, 'knob noise: expected a number from 0 to 40'],
  ])('refuse %j', (turned, message) => {
    expect(() => knobsOf('medium', turned)).toThrow(message);
    expect(() => knobsOf('medium', turned)).toThrow(UserError);
  });
});
