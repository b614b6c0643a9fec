import { describe, expect, it } from 'vitest';
import type { LoadedDataSet } from '../../activities/datasets.js';
import { denseTargets } from '../../activities/dense-targets.js';
import type { Sequence } from '../../activities/packs.js';
import type { TruthScene } from '../../domain/world/records.js';
import { MARKS } from '../../domain/world/vocabulary.js';
import { LOOK_CLIP, LOOK_CROP, LOOK_TOKENS, MARK_CLASSES } from '../../engine/policy/spec.js';

const MENU: TruthScene = {
  frame: 2,
  kind: 'menu',
  items: [
    { text: 'AB', box01: [0.5, 0.2, 0.7, 0.3], mark: 'star', markBox01: [0.3, 0.2, 0.38, 0.33] },
    { text: '42', box01: [0.5, 0.7, 0.7, 0.8], mark: 'moon', markBox01: [0.3, 0.7, 0.38, 0.83] },
  ],
  symbol: null,
  dots: null,
};
const DATA = {
  truths: [{ video: 'v.mp4', sha256: '', scenes: [MENU] }],
} as unknown as LoadedDataSet;
const sequence = (kind: number, frame: number): Sequence => ({
  video: 0,
  words: [],
  actions: [],
  masks: [],
  looks: [{ kind, frame, pixels: new Uint8Array(0) }],
  asked: [2],
});
const EMPTY = MARK_CLASSES - 1;

describe('dense targets of a clip', () => {
  it('name each mark in the area where its middle lies, and weigh as much as all that is empty', () => {
    const { clipArea, clipAreaWeight } = denseTargets(DATA, [sequence(LOOK_CLIP, 2)], 1, 1, {
      weight: 1,
      sequences: 1,
    });
    const marks = [...clipArea].flatMap((name, area) => (name === EMPTY ? [] : [[area, MARKS[name]]]));
    // Six areas a row: the marks stand in the third column, in the upper and in the lower row.
    expect(marks).toEqual([
      [2, 'star'],
      [14, 'moon'],
    ]);
    expect(clipAreaWeight[2]).toBe(1);
    expect(clipAreaWeight[0]).toBeCloseTo(1 / LOOK_TOKENS, 6);
  });

  it.each([
    ['a crop', sequence(LOOK_CROP, 2)],
    ['a clip of a frame without a scene', sequence(LOOK_CLIP, 7)],
  ])('weigh nothing for %s', (_, one) => {
    const { clipAreaWeight } = denseTargets(DATA, [one], 1, 1, { weight: 1, sequences: 1 });
    expect(clipAreaWeight.every((weight) => weight === 0)).toBe(true);
  });
});
