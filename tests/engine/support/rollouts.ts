import { ACTION_TOKENS, SLOT, VOCABULARY } from '../../../domain/protocol/compact.js';
import type { SamplingOptions } from '../../../domain/sampling.js';
import { stream, type RandomStream } from '../../../domain/seeds.js';
import type { SequenceBatch } from '../../../engine/batches.js';
import type { EmbeddedEngine } from '../../../engine/embedded-engine.js';
import {
  CLIP,
  CROP,
  LOOK_BYTES,
  LOOK_CLIP,
  LOOK_CROP,
  type PolicySpec,
} from '../../../engine/policy/spec.js';
import { freshWeights } from '../../../engine/policy/state.js';
import type { RolloutMemory } from '../../../engine/sampling/memory.js';
import type { DrawnTurn, Look, OpenRollout } from '../../../engine/sampling/rollouts.js';

export type Weights = ReadonlyMap<string, Float32Array>;

/** Everything is drawn from all tokens. */
export const PLAIN: SamplingOptions = { greedy: false, temperature: 1, topP: 1 };

/** Random weights, those that start at zero included: zeros would hide whatever passes through them. */
export function denseWeights(spec: PolicySpec, seed = 1): Weights {
  return new Map(
    [...freshWeights(spec, seed)].map(([name, data]) => {
      const random = stream('dense', seed, name);
      return [name, data.every((x) => x === 0) ? data.map(() => random.normal() * 0.05) : data];
    }),
  );
}

/** A rollout of random words, frames, actions and looks. */
export function randomRollout(name: string | number, looks: number): OpenRollout {
  const random = stream('rollout', name);
  return {
    words: ints(random, 6, VOCABULARY - ACTION_TOKENS).map((word) => ACTION_TOKENS + word),
    thumbs: Uint8Array.from(ints(random, 8 * 18 * 32, 256)),
    actions: Array.from({ length: looks }, () => ints(random, SLOT, ACTION_TOKENS)),
    looks: Array.from({ length: looks }, () => randomLook(random)),
  };
}

export function randomRollouts(name: string, count: number, looks: number): readonly OpenRollout[] {
  return Array.from({ length: count }, (_, i) => randomRollout(`${name}/${i}`, looks));
}

/** Draws one turn of each rollout, all at once. */
export function drawTurns(
  engine: EmbeddedEngine,
  weights: Weights,
  rollouts: readonly OpenRollout[],
  more: {
    readonly options?: SamplingOptions;
    readonly memories?: readonly (RolloutMemory | null)[];
    readonly forced?: boolean;
  } = {},
): Promise<readonly DrawnTurn[]> {
  const { options = PLAIN, memories = [], forced = false } = more;
  return Promise.all(
    rollouts.map((rollout, i) =>
      engine.drawTurn(weights, options, {
        rollout,
        memory: memories[i] ?? null,
        uniforms: uniformsFor(rollout),
        forced,
      }),
    ),
  );
}

/** The rollout after a turn, and a random look that it brought. */
export function followed(rollout: OpenRollout, { tokens }: DrawnTurn): OpenRollout {
  const random = stream('look', ...rollout.words, ...tokens);
  return {
    ...rollout,
    actions: [...rollout.actions, [...tokens]],
    looks: [...rollout.looks, randomLook(random)],
  };
}

/** Rollouts with the turn that they drew as a trainer's batch; all have taken equally many looks. */
export function asBatch(rollouts: readonly OpenRollout[], turns: readonly DrawnTurn[]): SequenceBatch {
  const looks = rollouts[0]!.looks.length;
  const pixels = new Uint8Array(rollouts.length * looks * LOOK_BYTES);
  rollouts.forEach((rollout, i) =>
    rollout.looks.forEach((look, k) => {
      pixels.set(look.pixels, (i * looks + k) * LOOK_BYTES);
    }),
  );
  return {
    shape: { batch: rollouts.length, looks },
    words: Int32Array.from(rollouts.flatMap(({ words }) => words)),
    thumbs: Uint8Array.from(rollouts.flatMap(({ thumbs }) => [...thumbs])),
    actions: Int32Array.from(rollouts.flatMap(({ actions }, i) => [...actions.flat(), ...turns[i]!.tokens])),
    lookKinds: Int32Array.from(rollouts.flatMap((rollout) => rollout.looks.map(({ kind }) => kind))),
    pixels,
  };
}

/** The trainer's log-probabilities of the last action slot of each sequence. */
export function lastSlots(logProbs: Float32Array, { shape }: SequenceBatch): readonly number[][] {
  const slots = shape.looks + 1;
  return Array.from({ length: shape.batch }, (_, i) => [
    ...logProbs.subarray((i * slots + shape.looks) * SLOT, (i + 1) * slots * SLOT),
  ]);
}

/** Tokens and log-probabilities, to compare bit for bit. */
export function said(turns: readonly DrawnTurn[]): readonly (readonly number[])[] {
  return turns.map(({ tokens, logProbs }) => [...tokens, ...logProbs]);
}

function uniformsFor({ words, actions }: OpenRollout): Float32Array {
  return Float32Array.from(stream('uniforms', ...words, ...actions.flat()).floats(SLOT));
}

function randomLook(random: RandomStream): Look {
  const kind = random.int(0, 4);
  const size = kind === LOOK_CLIP ? CLIP : kind === LOOK_CROP ? CROP : null;
  return { kind, pixels: Uint8Array.from(ints(random, size ? size.widthPx * size.heightPx : 0, 256)) };
}

function ints(random: RandomStream, count: number, limit: number): number[] {
  return Array.from({ length: count }, () => random.int(0, limit));
}
