import type { SequenceBatch, SupervisedBatch } from '../engine/batches.js';
import { LOOK_BYTES, LOOK_CLIP, LOOK_CROP, LOOK_NONE, LOOK_REFUSED } from '../engine/policy/spec.js';
import { readSafetensors, writeSafetensors, type NamedTensor } from '../engine/safetensors.js';
import { MAX_FRAMES, QUESTION_SLOT, SLOT, slotMask } from '../domain/protocol/compact.js';
import { BudgetFailure } from '../domain/failures.js';
import type { Observation } from '../domain/tools/contract.js';
import { OVERVIEW_BYTES, type LoadedDataSet } from './datasets.js';
import { denseTargets, type DenseShares } from './dense-targets.js';

/** One sequence as the embedded policy takes it, pictures included. */
export interface Sequence {
  /** Index of the video in its dataset. */
  readonly video: number;
  readonly words: readonly number[];
  /** Action slots; one more than looks. */
  readonly actions: readonly (readonly number[])[];
  /** Tokens that the loss applies to, slot by slot. */
  readonly masks: readonly (readonly (0 | 1)[])[];
  readonly looks: readonly SequenceLook[];
  /** 1-based frames that the question asks about. */
  readonly asked: readonly number[];
}

export interface SequenceLook {
  readonly kind: number;
  /** 1-based; 0 when refused. */
  readonly frame: number;
  /** At most LOOK_BYTES; shorter pictures are padded by zeros. */
  readonly pixels: Uint8Array;
}

/** An observation as a look slot. */
export function toLook(observation: Observation, pixels: Uint8Array): SequenceLook {
  if (observation.kind === 'refused') return { kind: LOOK_REFUSED, frame: 0, pixels: new Uint8Array(0) };
  const [look, ...more] = observation.looks;
  if (more.length > 0)
    throw new BudgetFailure(
      `a look of ${more.length + 1} frames`,
      'a look slot holds one picture',
      'ask for one frame a turn',
    );
  if (!look) return { kind: LOOK_NONE, frame: 0, pixels: new Uint8Array(0) };
  const kind = observation.call.tool === 'clip' ? LOOK_CLIP : LOOK_CROP;
  return {
    kind,
    frame: look.frame,
    pixels: pixels.subarray(look.offset, look.offset + look.widthPx * look.heightPx),
  };
}

/**
 * Sequences of one object in the store, as a safetensors file of small integers. One with more than `maxLooks` looks
 * is a BudgetFailure.
 */
export function packSequences(sequences: readonly Sequence[], maxLooks: number): Uint8Array {
  const n = sequences.length;
  const slots = maxLooks + 1;
  for (const sequence of sequences) refuseTooLong(sequence, maxLooks, slots);
  const ints = (width: number, of: (s: Sequence) => readonly number[]): NamedTensor => {
    const data = new Uint8Array(n * width);
    sequences.forEach((s, i) => data.set(of(s), i * width));
    return { shape: [n, width], data };
  };
  const offsets = new Int32Array(n * maxLooks * 2);
  const pictures = sequences.flatMap(({ looks }) => looks.map(({ pixels }) => pixels));
  const pixels = new Uint8Array(pictures.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  sequences.forEach((s, i) =>
    s.looks.forEach((look, j) => {
      offsets.set([at, look.pixels.length], (i * maxLooks + j) * 2);
      pixels.set(look.pixels, at);
      at += look.pixels.length;
    }),
  );
  return writeSafetensors(
    new Map<string, NamedTensor>([
      ['video', { shape: [n], data: Int32Array.from(sequences, (s) => s.video) }],
      ['words', ints(QUESTION_SLOT, (s) => s.words)],
      ['looks', ints(1, (s) => [s.looks.length])],
      ['actions', ints(slots * SLOT, (s) => s.actions.flat())],
      ['masks', ints(slots * SLOT, (s) => s.masks.flat())],
      ['lookKinds', ints(maxLooks, (s) => s.looks.map(({ kind }) => kind))],
      ['lookFrames', ints(maxLooks, (s) => s.looks.map(({ frame }) => frame))],
      [
        'asked',
        ints(MAX_FRAMES, (s) =>
          Array.from({ length: MAX_FRAMES }, (_, f) => Number(s.asked.includes(f + 1))),
        ),
      ],
      ['offsets', { shape: [n, maxLooks, 2], data: offsets }],
      ['pixels', { shape: [pixels.length], data: pixels }],
    ]),
    { format: 'ruminate-sequences-1' },
  );
}

export function unpackSequences(file: Uint8Array, name: string): readonly Sequence[] {
  const { tensors } = readSafetensors(file, name);
  const of = (key: string): NamedTensor => {
    const tensor = tensors.get(key);
    if (!tensor) throw new Error(`${name}: expected a tensor named ${key}, found none`);
    return tensor;
  };
  const video = of('video').data;
  const [words, looks, actions, masks, kinds, frames, asked] = [
    'words',
    'looks',
    'actions',
    'masks',
    'lookKinds',
    'lookFrames',
    'asked',
  ].map((key) => of(key).data) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const offsets = of('offsets').data;
  const maxLooks = of('offsets').shape[1]!;
  const pixels = of('pixels').data as Uint8Array;
  const slots = (maxLooks + 1) * SLOT;
  return Array.from(video, (v, i) => {
    const count = looks[i]!;
    const slot = (data: Uint8Array, k: number): number[] => [
      ...data.subarray(i * slots + k * SLOT, i * slots + (k + 1) * SLOT),
    ];
    const turns = [...Array(count + 1).keys()];
    return {
      video: v,
      words: [...words.subarray(i * QUESTION_SLOT, (i + 1) * QUESTION_SLOT)],
      actions: turns.map((k) => slot(actions, k)),
      masks: turns.map((k) => slot(masks, k) as (0 | 1)[]),
      looks: turns.slice(0, count).map((k) => {
        const [start, length] = [offsets[(i * maxLooks + k) * 2]!, offsets[(i * maxLooks + k) * 2 + 1]!];
        return {
          kind: kinds[i * maxLooks + k]!,
          frame: frames[i * maxLooks + k]!,
          pixels: pixels.subarray(start, start + length),
        };
      }),
      asked: [...Array(MAX_FRAMES).keys()].filter((f) => asked[i * MAX_FRAMES + f] === 1).map((f) => f + 1),
    };
  });
}

/**
 * Sequences as one batch of `batch` rows with `looks` looks each; shorter ones end in empty turns, missing rows
 * are zeros. A longer sequence is a BudgetFailure: nothing is cut off.
 */
export function collate(
  data: LoadedDataSet,
  sequences: readonly Sequence[],
  batch: number,
  looks: number,
): SequenceBatch {
  const slots = looks + 1;
  const words = new Int32Array(batch * QUESTION_SLOT);
  const thumbs = new Uint8Array(batch * OVERVIEW_BYTES);
  const actions = new Int32Array(batch * slots * SLOT);
  const lookKinds = new Int32Array(batch * looks);
  const pixels = new Uint8Array(batch * looks * LOOK_BYTES);
  sequences.forEach((s, i) => {
    refuseTooLong(s, looks, slots);
    words.set(s.words, i * QUESTION_SLOT);
    thumbs.set(data.overviewOf(data.videos[s.video]!), i * OVERVIEW_BYTES);
    s.actions.forEach((slot, k) => actions.set(slot, (i * slots + k) * SLOT));
    s.looks.slice(0, looks).forEach((look, k) => {
      lookKinds[i * looks + k] = look.kind;
      pixels.set(look.pixels, (i * looks + k) * LOOK_BYTES);
    });
  });
  return { shape: { batch, looks }, words, thumbs, actions, lookKinds, pixels };
}

/** Empty looks at the end are what other rollouts of a shard saw after this one had answered: they take no room. */
function refuseTooLong({ looks, actions }: Sequence, maxLooks: number, slots: number): void {
  const got = looks.findLastIndex(({ kind }) => kind !== LOOK_NONE) + 1;
  if (got > maxLooks)
    throw new BudgetFailure(`a sequence of ${got} looks`, `there is room for ${maxLooks}`, MORE_LOOKS);
  if (actions.length > slots)
    throw new BudgetFailure(
      `a sequence of ${actions.length} actions`,
      `there is room for ${slots}`,
      MORE_LOOKS,
    );
  const wide = looks.find(({ pixels }) => pixels.length > LOOK_BYTES);
  if (wide)
    throw new BudgetFailure(
      `a picture of ${wide.pixels.length} bytes`,
      `a look has room for ${LOOK_BYTES}`,
      'no option raises it: show the policy pictures of the size that it was made for',
    );
}

const MORE_LOOKS = 'policy.maxLooks raises it';

/** A batch for supervised training: each masked-in token weighs 1/(tokens of the step). */
export function collateSupervised(
  data: LoadedDataSet,
  sequences: readonly Sequence[],
  batch: number,
  looks: number,
  {
    tokens,
    dense,
    glance,
  }: { readonly tokens: number; readonly dense: DenseShares | null; readonly glance: boolean },
): SupervisedBatch {
  const base = collate(data, sequences, batch, looks);
  const weights = new Float32Array(batch * (looks + 1) * SLOT);
  sequences.forEach((s, i) =>
    s.masks.forEach((mask, k) =>
      mask.forEach((on, j) => (weights[(i * (looks + 1) + k) * SLOT + j] = on / tokens)),
    ),
  );
  return {
    ...base,
    weights,
    glance,
    dense: dense ? denseTargets(data, sequences, batch, looks, dense) : null,
  };
}

/** Tokens that the loss of these sequences is a mean over. */
export function maskedTokens(sequences: readonly Sequence[]): number {
  return sequences.reduce((sum, s) => sum + s.masks.flat().filter((m) => m === 1).length, 0);
}

/** Mask of a demonstrated slot. */
export function demonstrationMask(
  tokens: readonly number[],
  imitate: 'all' | 'choice' | 'none',
): readonly (0 | 1)[] {
  const all = slotMask(tokens);
  if (imitate === 'all') return all;
  return all.map((_, i) => (imitate === 'choice' && i < CHOICE_TOKENS ? 1 : 0));
}

/** The tool's name and its frame. */
const CHOICE_TOKENS = 2;
