import { describe, expect, it } from 'vitest';
import { layoutName } from '../../domain/world/layout.js';
import { planVideo } from '../../domain/world/plan.js';
import type { Split } from '../../domain/world/records.js';
import type { RectPx, Scene } from '../../domain/world/scene.js';
import { HEIGHT_PX, WIDTH_PX } from '../../domain/world/scene.js';
import { SPLITS, splitOf } from '../../domain/world/splits.js';
import { isNumber } from '../../domain/world/texts.js';
import { CHARACTERS, KINDS, MAX_TEXT } from '../../domain/world/vocabulary.js';

const VIDEOS = 150;
const scenesOf = (split: Split, seed = 5): readonly Scene[] =>
  Array.from({ length: VIDEOS }, (_, index) => planVideo(seed, split, index)).flatMap((plan) => plan.scenes);
const scenes: Readonly<Record<Split, readonly Scene[]>> = {
  train: scenesOf('train'),
  validation: scenesOf('validation'),
  test: scenesOf('test'),
};
const all = SPLITS.flatMap((split) => scenes[split]);

describe('splits', () => {
  it('share no text and no quantised layout, whatever the seed', () => {
    for (const name of ['texts', 'layouts'] as const) {
      const sets = SPLITS.map((split) => {
        const own = [...scenes[split], ...scenesOf(split, 6)];
        return new Set(own.flatMap((scene) => (name === 'texts' ? scene.texts : [layoutName(scene.layout)])));
      });
      const [train, validation, test] = sets;
      expect(sets.every((set) => set.size > 300)).toBe(true);
      expect([...(test ?? [])].filter((value) => train?.has(value) || validation?.has(value))).toEqual([]);
      expect([...(validation ?? [])].filter((value) => train?.has(value))).toEqual([]);
    }
  });

  it('divide names 80 to 10 to 10', () => {
    const names = Array.from({ length: 20_000 }, (_, n) => splitOf('text', `name ${n}`));
    const share = (split: Split): number => names.filter((name) => name === split).length / names.length;
    expect(share('train')).toBeCloseTo(0.8, 1);
    expect(share('validation')).toBeCloseTo(0.1, 1.5);
    expect(share('test')).toBeCloseTo(0.1, 1.5);
  });

  it('leave each split two-digit numbers and two-letter codes enough to ask about', () => {
    for (const split of SPLITS) {
      const numbers = Array.from({ length: 90 }, (_, n) => String(n + 10)).filter(
        (text) => splitOf('text', text) === split,
      );
      expect(numbers.length).toBeGreaterThanOrEqual(4);
    }
  });
});

describe('planVideo', () => {
  it('shows each kind once, in an order of its own', () => {
    const orders = Array.from({ length: 20 }, (_, index) =>
      planVideo(5, 'train', index).scenes.map((scene) => scene.layout.kind),
    );
    for (const order of orders) expect([...order].sort()).toEqual([...KINDS].sort());
    expect(new Set(orders.map(String)).size).toBe(20);
  });

  it('gives the same plan for the same names, and another for any other', () => {
    const plan = JSON.stringify(planVideo(5, 'train', 3));
    expect(JSON.stringify(planVideo(5, 'train', 3))).toBe(plan);
    for (const other of [planVideo(6, 'train', 3), planVideo(5, 'test', 3), planVideo(5, 'train', 4)]) {
      expect(JSON.stringify(other)).not.toBe(plan);
    }
  });

  it('writes twelve different texts of two to four known characters, half of them numbers', () => {
    for (let index = 0; index < 40; index++) {
      const texts = planVideo(5, 'train', index).scenes.flatMap((scene) => scene.texts);
      expect(new Set(texts).size).toBe(12);
      expect(texts.filter(isNumber)).toHaveLength(6);
      expect(texts.filter((text) => text.length === 2)).toHaveLength(5);
      for (const text of texts) {
        expect(text.length).toBeLessThanOrEqual(MAX_TEXT);
        expect([...text].every((character) => CHARACTERS.includes(character))).toBe(true);
        expect(isNumber(text) && text.startsWith('0')).toBe(false);
      }
    }
  });

  it('keeps everything inside the frame, and nothing over anything else', () => {
    for (const { layout, symbol } of all) {
      const symbolAt = symbol === null ? [] : [layout.symbolAt].filter((rect) => rect !== null);
      const marks = layout.rows.flatMap((row) => (row.markAt === null ? [] : [row.markAt]));
      const rects = [...layout.rows.map((row) => row.slot), ...marks, ...symbolAt];
      for (const rect of rects) expect(isInside(rect), `${layout.kind} ${JSON.stringify(rect)}`).toBe(true);
      rects.forEach((one, index) => {
        for (const other of rects.slice(index + 1))
          expect(overlap(one, other), JSON.stringify(layout)).toBe(false);
      });
    }
  });

  it('moves plates over most of the frame', () => {
    const xs = all.map((scene) => scene.layout.rows[0]?.slot.x ?? 0);
    const ys = all.map((scene) => scene.layout.rows[0]?.slot.y ?? 0);
    expect(Math.max(...xs) - Math.min(...xs)).toBeGreaterThan(140);
    expect(Math.max(...ys) - Math.min(...ys)).toBeGreaterThan(90);
  });

  it('puts from one dot to a handful at least 14 px apart, clear of the plate, in phones and some panels', () => {
    const dotted = all.filter((scene) => scene.dots.length > 0);
    expect(new Set(dotted.map((scene) => scene.layout.kind))).toEqual(new Set(['phone', 'panel']));
    const counts = new Set(dotted.map((scene) => scene.dots.length));
    expect(counts.size).toBeGreaterThanOrEqual(4);
    expect(counts).toEqual(new Set(Array.from({ length: counts.size }, (_, index) => index + 1)));
    for (const { dots, layout } of dotted) {
      dots.forEach((dot, index) => {
        const around = { x: dot.x - 5, y: dot.y - 5, w: 10, h: 10 };
        for (const row of layout.rows) expect(overlap(around, row.slot), layout.kind).toBe(false);
        for (const other of dots.slice(index + 1))
          expect(Math.hypot(dot.x - other.x, dot.y - other.y)).toBeGreaterThanOrEqual(14);
      });
    }
  });

  it('gives the rows of a board and of a menu different marks', () => {
    for (const scene of all.filter(({ layout }) => layout.kind === 'board' || layout.kind === 'menu')) {
      expect(new Set(scene.marks).size).toBe(scene.layout.kind === 'board' ? 3 : 2);
      expect(scene.marks).not.toContain(null);
    }
  });

  it('sets plate off from body and ink off from plate by at least 50 levels', () => {
    for (const { look } of all) {
      expect(Math.abs(look.plate.luma - look.body.luma)).toBeGreaterThanOrEqual(50);
      expect(Math.abs(look.ink.luma - look.plate.luma)).toBeGreaterThanOrEqual(80);
    }
  });
});

function isInside(rect: RectPx): boolean {
  return rect.x >= 0 && rect.y >= 0 && rect.x + rect.w <= WIDTH_PX && rect.y + rect.h <= HEIGHT_PX;
}

function overlap(one: RectPx, other: RectPx): boolean {
  return (
    one.x < other.x + other.w &&
    other.x < one.x + one.w &&
    one.y < other.y + other.h &&
    other.y < one.y + one.h
  );
}
