import type { SamplingOptions } from '../../domain/sampling.js';

/** An embedded policy as the server needs it; `infra/client` makes one, because it sees the engine. */
export interface ServedPolicy {
  /** What clients name it by. */
  readonly id: string;
  /** SHA-256 of its weights, hex. */
  readonly sha256: string;
  /** Looks after which it must answer. */
  readonly maxLooks: number;
  /** Positions of a sequence before the turn that follows so many looks. */
  promptTokens(looks: number): number;
  /** Draws the turn after `rollout`. The same arguments give the same turn, whatever else is drawn meanwhile. */
  draw(rollout: OpenConversation, terms: TurnTerms, signal: AbortSignal): Promise<SpokenTurn>;
  close(): Promise<void>;
}

/** A conversation before its next turn, as the policy sees it. */
export interface OpenConversation {
  /** Question words, [6] tokens. */
  readonly words: readonly number[];
  /** The overview, [8 · 18 · 32] grey bytes. */
  readonly overview: Uint8Array;
  readonly turns: readonly PastTurn[];
}

/** What was said, [7] tokens, and what it brought. */
export interface PastTurn {
  readonly slot: readonly number[];
  /** Grey bytes at the policy's own size; `null` where the tool refused. */
  readonly look: { readonly tool: 'clip' | 'crop'; readonly pixels: Uint8Array } | null;
}

export interface TurnTerms extends SamplingOptions {
  /** Of the stream that the turn's tokens are drawn from; unused when greedy. */
  readonly seed: number;
  /** The turn must be an answer. */
  readonly forced: boolean;
}

export interface SpokenTurn {
  /** [7] */
  readonly tokens: readonly number[];
  /** [7], at temperature 1, over all tokens that the policy may say. */
  readonly logProbs: readonly number[];
}
