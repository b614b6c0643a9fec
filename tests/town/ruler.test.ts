import { createCanvas } from '@napi-rs/canvas';
import { describe, expect, it } from 'vitest';
import { knobsOf } from '../../domain/town/knobs.js';
import { planTown } from '../../domain/town/plan.js';
import type { Face } from '../../infra/town/fonts.js';
import { townFont } from '../../infra/town/fonts.js';
import { measured } from '../../infra/town/ruler.js';

const FACES: readonly Face[] = [
  ...(['sans', 'serif', 'mono'] as const).flatMap((family) => [{ family }, { family, bold: true }]),
  { family: 'hand' },
];

/** Every text of twenty videos. */
const TEXTS = [
  ...new Set(
    Array.from({ length: 20 }, (_, index) => planTown(3, 'train', index, knobsOf('hard')).scenes).flatMap(
      (scenes) => scenes.flatMap((scene) => scene.fields.map((field) => field.text)),
    ),
  ),
];

describe('a text measured word by word', () => {
  it.each(FACES)('is as wide, and its ink as high, as the canvas says of the whole: %j', (face) => {
    const cap = 72;
    const ctx = createCanvas(1, 1).getContext('2d');
    ctx.font = townFont(face, cap);
    expect(TEXTS.length).toBeGreaterThan(400);
    for (const text of TEXTS) {
      const [ours, whole] = [measured(text, face), ctx.measureText(text)];
      expect(Math.abs(ours.width - whole.width / cap), text).toBeLessThan(0.002);
      for (const [one, other] of [
        [ours.left, whole.actualBoundingBoxLeft],
        [ours.right, whole.actualBoundingBoxRight],
        [ours.ascent, whole.actualBoundingBoxAscent],
        [ours.descent, whole.actualBoundingBoxDescent],
      ] as const)
        // The canvas says whole pixels: one more or less.
        expect(Math.abs(one - other / cap), text).toBeLessThan(0.02);
    }
  });

  it('ends each word where the text up to there ends', () => {
    const face: Face = { family: 'serif', bold: true };
    const cap = 72;
    const ctx = createCanvas(1, 1).getContext('2d');
    ctx.font = townFont(face, cap);
    for (const text of TEXTS) {
      const words = [...text.matchAll(/\S+/g)];
      const { words: ends } = measured(text, face);
      expect(ends).toHaveLength(words.length);
      for (const [at, { 0: word, index }] of words.entries())
        expect(
          Math.abs((ends[at]?.[1] ?? 0) - ctx.measureText(text.slice(0, index + word.length)).width / cap),
          text,
        ).toBeLessThan(0.002);
    }
  });
});
