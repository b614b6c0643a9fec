import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LoadedDataSet } from '../../activities/datasets.js';
import { collate, packSequences, toLook } from '../../activities/packs.js';
import { createTrainSupervised } from '../../activities/train-supervised.js';
import { BudgetFailure, classify } from '../../domain/failures.js';
import { encodeQuestion } from '../../domain/protocol/compact.js';
import { LOOK_BYTES, LOOK_NONE } from '../../engine/policy/spec.js';
import { demonstrationOf, SmallTraining } from './small-training.js';

const DATA = {
  videos: ['v.mp4'],
  overviewOf: () => new Uint8Array(8 * 18 * 32),
} as unknown as LoadedDataSet;

let training: SmallTraining;
beforeEach(() => {
  training = new SmallTraining();
});
afterEach(() => training.close());

describe('a sequence past the context', () => {
  it('stops a stage before any graph is built: the limit, what came, and the option that raises it', async () => {
    // Packed for a policy of five looks, trained on by one of three.
    const input = await training.supervised(await training.start(), { looks: 5 });
    const error: unknown = await createTrainSupervised(training.deps)(input).catch((e: unknown) => e);
    expect(error).toMatchObject({
      name: 'BudgetFailure',
      message:
        'a sequence of 5 looks does not fit: the policy has room for 3; ' +
        'policy.maxLooks raises it; a trained policy keeps the one that it was trained with. Nothing was cut off.',
    });
    expect(classify(error)).toBe('user');
  });

  it('is not laid into a shorter batch with its last looks or actions cut off', () => {
    const sequence = demonstrationOf(2);
    const lay =
      (looks: number, one = sequence) =>
      (): unknown =>
        collate(DATA, [one], 1, looks);
    expect(lay(2)).not.toThrow();
    expect(lay(1)).toThrow('a sequence of 2 looks does not fit: there is room for 1;');
    const talkative = { ...sequence, actions: [...sequence.actions, sequence.actions[0]!] };
    expect(lay(2, talkative)).toThrow('a sequence of 4 actions does not fit: there is room for 3;');
  });

  it('may have seen nothing while others looked on: empty looks at its end take no room', () => {
    const { looks, ...rest } = demonstrationOf(1);
    const waited = { ...rest, looks: [...looks, { kind: LOOK_NONE, frame: 0, pixels: new Uint8Array(0) }] };
    const alone = collate(DATA, [demonstrationOf(1)], 1, 1);
    expect(collate(DATA, [waited], 1, 1)).toEqual(alone);
  });

  it('is not packed into the place of the next', () => {
    expect(() => packSequences([demonstrationOf(3)], 2)).toThrow(BudgetFailure);
  });
});

describe('what one slot cannot hold', () => {
  it('a look of several frames is refused, not shown by its first', () => {
    const look = { frame: 1, box01: null, widthPx: 1, heightPx: 1, offset: 0 };
    const call = { tool: 'clip', targetFrames: [1, 2] } as const;
    expect(() => toLook({ kind: 'looks', call, looks: [look, look] }, new Uint8Array(2))).toThrow(
      'a look of 2 frames does not fit: a look slot holds one picture;',
    );
  });

  it('a picture larger than a look would spill into the next one, and is refused', () => {
    const [look] = demonstrationOf(1).looks;
    const large = { ...demonstrationOf(1), looks: [{ ...look!, pixels: new Uint8Array(LOOK_BYTES + 1) }] };
    expect(() => collate(DATA, [large], 1, 1)).toThrow(`a picture of ${LOOK_BYTES + 1} bytes does not fit`);
  });

  it('a question of more known words than the policy reads is refused, not cut', () => {
    const six = 'Read the first row of the sign, then the second row of the menu.';
    expect(encodeQuestion(six).tokens).not.toContain(0);
    expect(() => encodeQuestion(`${six} beside the star`)).toThrow(
      'a question of 8 words that the policy knows (read first sign then second menu beside star) does not fit: it reads 6; ' +
        'leave out 2 of these words, or ask two questions. Nothing was cut off.',
    );
  });
});
