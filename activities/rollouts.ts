import { ANSWER, decodeSlot, encodeQuestion, slotMask } from '../domain/protocol/compact.js';
import type { Ref } from '../domain/refs.js';
import type { Observation } from '../domain/tools/contract.js';
import type { Rollout, Turn } from '../domain/trajectory.js';
import { LOOK_NONE } from '../engine/policy/spec.js';
import type { OpenRollout } from '../engine/sampling/rollouts.js';
import { readSafetensors, writeSafetensors } from '../engine/safetensors.js';
import type { Shard } from './contract.js';
import { parseJson, type LoadedDataSet } from './datasets.js';
import { toLook, type Sequence, type SequenceLook } from './packs.js';
import type { ObjectStore } from './ports.js';

/** What one sampled turn of a shard says of one rollout; `null` where the rollout had finished before. */
export interface TurnRecord {
  readonly tokens: readonly number[];
  readonly logProbs: readonly number[];
  /** Tokens at the front that the policy was forced to. */
  readonly forced: number;
}

/** The object of a sampled turn: one entry a rollout, groups one after the other. */
export type SampledRecords = readonly (TurnRecord | null)[];

/** The tools' answers to one turn; `null` where nothing was asked. */
export interface ObservationRecords {
  readonly observations: readonly (Observation | null)[];
  readonly pixels: Uint8Array;
}

/** A rollout while it goes on: everything needed to sample its next turn, or to train on it. */
export interface LiveRollout {
  readonly questionIndex: number;
  readonly sample: number;
  readonly turns: readonly TurnRecord[];
  readonly observations: readonly (Observation | null)[];
  readonly looks: readonly SequenceLook[];
  /** Whether it has answered. */
  readonly finished: boolean;
}

export function turnKey({ at, shard }: Shard, turn: number, what: 'turn' | 'looks'): string {
  return `${shardPrefix(at, shard)}/${what}-${turn}.${what === 'turn' ? 'json' : 'safetensors'}`;
}

export function shardPrefix(at: Shard['at'], shard: number): string {
  return `runs/${at.run}/${at.stage}/steps/${String(at.step).padStart(6, '0')}/shard-${String(shard).padStart(3, '0')}`;
}

/** Rollouts of a shard after the given turns and observations. */
export async function readRollouts(
  store: ObjectStore,
  shard: Pick<Shard, 'questions' | 'groupSize'>,
  turnRefs: readonly Ref[],
  observationRefs: readonly Ref[],
): Promise<readonly LiveRollout[]> {
  const turns = await Promise.all(
    turnRefs.map(async (ref) => parseJson<SampledRecords>(await store.get(ref))),
  );
  const answers = await Promise.all(
    observationRefs.map(async (ref) => unpackObservations(await store.get(ref), ref.uri)),
  );
  return shard.questions.flatMap((questionIndex, group) =>
    Array.from({ length: shard.groupSize }, (_, sample) => {
      const row = group * shard.groupSize + sample;
      const own = turns.map((records) => records[row] ?? null).filter((record) => record !== null);
      const last = own.at(-1);
      const given = answers.slice(0, own.length).map(({ observations }) => observations[row] ?? null);
      return {
        questionIndex,
        sample,
        turns: own,
        observations: given,
        looks: given.map((observation, t) =>
          observation ? toLook(observation, answers[t]!.pixels) : NO_LOOK,
        ),
        finished: last !== undefined && isAnswer(last.tokens),
      };
    }),
  );
}

export const NO_LOOK: SequenceLook = { kind: LOOK_NONE, frame: 0, pixels: new Uint8Array(0) };

/** A rollout as the sampler takes it. */
export function toOpenRollout(data: LoadedDataSet, rollout: LiveRollout): OpenRollout {
  const question = data.questions[rollout.questionIndex]!;
  return {
    words: encodeQuestion(question.question).tokens,
    thumbs: data.overviewOf(question.video),
    actions: rollout.turns.map(({ tokens }) => tokens),
    looks: rollout.looks,
  };
}

/** A rollout as a sequence for the policy; `masks` cover the tokens that it chose. */
export function toSequence(data: LoadedDataSet, rollout: LiveRollout): Sequence {
  const question = data.questions[rollout.questionIndex]!;
  return {
    video: data.videoIndex.get(question.video)!,
    words: encodeQuestion(question.question).tokens,
    actions: rollout.turns.map(({ tokens }) => tokens),
    masks: rollout.turns.map(({ tokens, forced }) => slotMask(tokens, forced)),
    looks: rollout.looks,
    asked: [],
  };
}

/** The record of a rollout, as rewards, reports and exports read it. */
export function toRollout(data: LoadedDataSet, live: LiveRollout): Rollout {
  const turns = live.turns.map((record, t): Turn => {
    const decoded = decodeSlot(record.tokens);
    const observation = live.observations[t] ?? null;
    return {
      thought: null,
      action: 'action' in decoded ? decoded.action : null,
      tokens: record.tokens,
      logProbs: record.logProbs,
      mask: slotMask(record.tokens, record.forced),
      ...('failure' in decoded ? { failure: decoded.failure } : {}),
      ...(observation ? { observation } : {}),
    };
  });
  const last = turns.at(-1)?.action;
  return {
    questionId: data.questions[live.questionIndex]!.id,
    sample: live.sample,
    turns,
    answer: last?.tool === 'answer' ? last.text : null,
  };
}

export function packObservations({ observations, pixels }: ObservationRecords): Uint8Array {
  const json = Buffer.from(JSON.stringify(observations));
  return writeSafetensors(
    new Map([
      ['observations', { shape: [json.length], data: new Uint8Array(json) }],
      ['pixels', { shape: [pixels.length], data: pixels }],
    ]),
    { format: 'ruminate-observations-1' },
  );
}

export function unpackObservations(file: Uint8Array, name: string): ObservationRecords {
  const { tensors } = readSafetensors(file, name);
  const json = tensors.get('observations')?.data;
  const pixels = tensors.get('pixels')?.data;
  if (!(json instanceof Uint8Array) || !(pixels instanceof Uint8Array))
    throw new Error(`${name}: expected tensors named observations and pixels`);
  return { observations: parseJson<readonly (Observation | null)[]>(json), pixels };
}

export function isAnswer(tokens: readonly number[]): boolean {
  return tokens[0] === ANSWER;
}
