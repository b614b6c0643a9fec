import type { RolloutMemory } from './memory.js';

/** A rollout before its next turn: what it was asked, what it has said, what it has seen. */
export interface OpenRollout {
  /** Question words, [6] tokens. */
  readonly words: readonly number[];
  /** The overview, [8 · 18 · 32]. */
  readonly thumbs: Uint8Array;
  /** Action slots of the turns so far, [7] tokens each. */
  readonly actions: readonly (readonly number[])[];
  /** What each of these turns brought: as many as actions. */
  readonly looks: readonly Look[];
}

export interface Look {
  /** LOOK_NONE, LOOK_CLIP, LOOK_CROP or LOOK_REFUSED. */
  readonly kind: number;
  /** The picture's grey levels; empty where there is none. */
  readonly pixels: Uint8Array;
}

export interface TurnRequest {
  readonly rollout: OpenRollout;
  /** What the sampler remembers of the rollout; null makes it again from the record, with the same bits. */
  readonly memory: RolloutMemory | null;
  /** [7] in [0, 1), from the stream (run, step, prompt, sample, turn); unused when greedy. */
  readonly uniforms: Float32Array;
  /** The turn must be an answer. */
  readonly forced: boolean;
}

export interface DrawnTurn {
  /** [7] */
  readonly tokens: Int32Array;
  /** [7], at temperature 1, over all tokens that the policy may say. */
  readonly logProbs: Float32Array;
  readonly memory: RolloutMemory;
}
