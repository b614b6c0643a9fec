import { writeFileSync } from 'node:fs';
import {
  ACTION_TOKENS,
  FIRST_BIN,
  FIRST_FRAME,
  BINS,
  CLIP,
  CROP,
  ANSWER,
  END,
  MAX_FRAMES,
  PAD,
  QUESTION_SLOT,
  SLOT,
  VOCABULARY,
} from '../../../domain/protocol/compact.js';
import { stream, type RandomStream } from '../../../domain/seeds.js';
import {
  ASKED_CLASSES,
  BOX_BINS,
  KIND_COUNT,
  LOOK_BYTES,
  LOOK_CLIP,
  LOOK_CROP,
  LOOK_TOKENS,
  MARK_CLASSES,
  MAX_ROWS,
  parameters,
  THUMB,
  type PolicySpec,
} from '../../../engine/policy/spec.js';
import { writeSafetensors, type NamedTensor } from '../../../engine/safetensors.js';
import type { DecodeScenario, TrainScenario } from './scenarios.js';

type Unfiled<S> = Omit<S, 'file'>;
type Named = [string, NamedTensor];

/**
 * Writes what both sides of a scenario work on: weights by parameter, inputs by the graph's names. Random throughout, by
 * named streams: how long a product takes does not depend on its numbers.
 */
export function writeHandover(
  scenario: Unfiled<TrainScenario> | Unfiled<DecodeScenario>,
  file: string,
  seed: number,
): void {
  const inputs = scenario.kind === 'train' ? trainInputs(scenario, seed) : decodeInputs(scenario, seed);
  writeFileSync(file, writeSafetensors(new Map([...weights(scenario.spec, seed), ...inputs])));
}

/** As a fresh policy's; but what starts at zero is not zero, or errors behind it would pass the comparison unseen. */
function weights(spec: PolicySpec, seed: number): Named[] {
  return parameters(spec).map(({ name, shape, std }) => {
    const random = stream(seed, 'bench', 'weights', name);
    return [name, floats(shape, () => random.normal() * (std || 0.02))];
  });
}

function trainInputs({ batch, looks }: Unfiled<TrainScenario>, seed: number): Named[] {
  const random = stream(seed, 'bench', 'train');
  const kinds = mixedKinds(random, batch * looks);
  const slots = batch * (looks + 1);
  const scenes = batch * MAX_FRAMES;
  const boxes = scenes * MAX_ROWS * 4;
  const areas = batch * looks * LOOK_TOKENS;
  const ids = (count: number, classes: number): NamedTensor => ints([count], () => random.int(0, classes));
  const shares = (count: number): NamedTensor => floats([count], () => 1 / count);
  const actions = Array.from({ length: slots }, (_, i) => {
    const turn = i % (looks + 1);
    return turn === looks ? answer(random) : look(random, kinds[Math.floor(i / (looks + 1)) * looks + turn]!);
  });
  return [
    ...sequence(random, batch),
    ['actions', { shape: [batch, looks + 1, SLOT], data: Int32Array.from(actions.flat()) }],
    ['lookKinds', { shape: [batch, looks], data: kinds }],
    ['pixels', bytes(random, [batch, looks * LOOK_BYTES])],
    ['weights', shares(slots * SLOT)],
    ['sceneKind', ids(scenes, KIND_COUNT)],
    ['sceneKindWeight', shares(scenes)],
    ['sceneAsked', ids(scenes, ASKED_CLASSES)],
    ['sceneAskedWeight', shares(scenes)],
    ['sceneBox', ids(boxes, BOX_BINS)],
    ['sceneBoxWeight', shares(boxes)],
    ...(looks > 0
      ? ([
          ['clipArea', ids(areas, MARK_CLASSES)],
          [
            'clipAreaWeight',
            floats([areas], (i) => Number(kinds[Math.floor(i / LOOK_TOKENS)] === LOOK_CLIP) / areas),
          ],
        ] satisfies Named[])
      : []),
  ];
}

function decodeInputs({ batch, looks }: Unfiled<DecodeScenario>, seed: number): Named[] {
  const random = stream(seed, 'bench', 'decode');
  return [
    ...sequence(random, batch),
    ['lookKinds', { shape: [batch, looks], data: mixedKinds(random, batch * looks) }],
    ['pixels', bytes(random, [batch, looks * LOOK_BYTES])],
    ['uniforms', floats([looks + 1, batch, SLOT], () => random.float())],
  ];
}

function sequence(random: RandomStream, batch: number): Named[] {
  return [
    ['words', ints([batch, QUESTION_SLOT], () => random.int(ACTION_TOKENS, VOCABULARY))],
    ['thumbs', bytes(random, [batch, MAX_FRAMES * THUMB.widthPx * THUMB.heightPx])],
  ];
}

/** Half clips, half crops, in random order. */
function mixedKinds(random: RandomStream, count: number): Int32Array {
  return Int32Array.from(
    random.shuffle(Array.from({ length: count }, (_, i) => (i % 2 ? LOOK_CLIP : LOOK_CROP))),
  );
}

function look(random: RandomStream, kind: number): number[] {
  const frame = FIRST_FRAME + random.int(0, MAX_FRAMES);
  if (kind === LOOK_CLIP) return [CLIP, frame, END, PAD, PAD, PAD, PAD];
  return [CROP, frame, ...Array.from({ length: 4 }, () => FIRST_BIN + random.int(0, BINS)), END];
}

function answer(random: RandomStream): number[] {
  const characters = Array.from({ length: 4 }, () => random.int(FIRST_BIN + BINS, ACTION_TOKENS));
  return [ANSWER, ...characters, END, PAD];
}

function floats(shape: readonly number[], at: (i: number) => number): NamedTensor {
  return { shape, data: Float32Array.from({ length: size(shape) }, (_, i) => at(i)) };
}

function ints(shape: readonly number[], at: () => number): NamedTensor {
  return { shape, data: Int32Array.from({ length: size(shape) }, at) };
}

function bytes(random: RandomStream, shape: readonly number[]): NamedTensor {
  return { shape, data: Uint8Array.from({ length: size(shape) }, () => random.float() * 256) };
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, d) => product * d, 1);
}
