import { describe, expect, it } from 'vitest';
import { framesIn, movedBox, sizedBox, withTurn } from '../../infra/review/client/edit.js';
import { answer, crop, trajectory } from './sample.js';

describe('mending', () => {
  it('moves a box as far as the frame goes, its size kept', () => {
    expect(movedBox([0.1, 0.2, 0.4, 0.5], 0.05, -0.1)).toEqual([0.15, 0.1, 0.45, 0.4]);
    expect(movedBox([0.1, 0.2, 0.4, 0.5], -1, 1)).toEqual([0, 0.7, 0.3, 1]);
  });

  it('sizes a box by the sides that are held, never past the others', () => {
    expect(sizedBox([0.1, 0.2, 0.4, 0.5], { x: 1, y: 1 }, 0.1, 0.9)).toEqual([0.1, 0.2, 0.5, 1]);
    expect(sizedBox([0.1, 0.2, 0.4, 0.5], { x: -1, y: 0 }, 0.9, 0.9)).toEqual([0.395, 0.2, 0.4, 0.5]);
  });

  it('forgets what a look had read once it looks elsewhere, and keeps it where only the thought changes', () => {
    const given = trajectory('t', 'Q', [crop(1), answer('x')]);
    expect(withTurn(given, 0, { thought: 'why' }).turns[0]).toEqual({ ...crop(1), thought: 'why' });
    expect(withTurn(given, 0, { action: crop(2).action }).turns[0]).toEqual({
      thought: crop(1).thought,
      action: crop(2).action,
    });
    expect(given.turns[0]).toEqual(crop(1));
  });

  it('reads frame numbers however they are set apart', () => {
    expect(framesIn(' 3, 4 7,')).toEqual([3, 4, 7]);
    for (const text of ['', '0', '1.5', 'x', '-2']) expect(framesIn(text), text).toBeNull();
  });
});
