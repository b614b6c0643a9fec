import type { OptimizerGraphConfig } from '../../../engine/optim/optimizer-graph.js';
import type { PolicySpec } from '../../../engine/policy/spec.js';

/** Work that both sides do on the same weights and inputs, which lie in `file` (safetensors). */
export type Scenario = TrainScenario | DecodeScenario;

/** Training steps: forward, backward, clipping by the global norm, optimizer. */
export interface TrainScenario {
  readonly kind: 'train';
  readonly name: string;
  readonly spec: PolicySpec;
  readonly batch: number;
  readonly looks: number;
  readonly optimizer: OptimizerGraphConfig & { readonly lr: number; readonly muonLr: number };
  readonly file: string;
}

/** Whole rollouts of `looks` looks and `looks` + 1 turns, token by token over a cache. */
export interface DecodeScenario {
  readonly kind: 'decode';
  readonly name: string;
  readonly spec: PolicySpec;
  readonly batch: number;
  readonly looks: number;
  readonly temperature: number;
  readonly file: string;
}

/** What a side says of a scenario's first runs, so that two different models are never compared. */
export type Check = TrainCheck | DecodeCheck;

export interface TrainCheck {
  /** Of the first steps; the second is the first that the optimizer has touched. */
  readonly losses: readonly number[];
  readonly gradNorms: readonly number[];
}

export interface DecodeCheck {
  /** [B · turns · 7], turn after turn. */
  readonly tokens: readonly number[];
  /** Of those tokens, at temperature 1. */
  readonly logProbs: readonly number[];
}

const MINI = { width: 128, layers: 4, heads: 4, maxLooks: 3 } as const;
const ADAMW = { type: 'adamw', beta1: 0.9, beta2: 0.95, weightDecay: 0.01, clipNorm: 1 } as const;
const RATES = { lr: 1e-4, muonLr: 1e-3 } as const;

/** The policy of configs/mini.yaml at the batch of its DRP-SFT. */
export const TRAIN = {
  kind: 'train',
  name: 'train',
  spec: MINI,
  batch: 64,
  looks: 1,
  optimizer: { ...ADAMW, ...RATES },
} as const;

/** The same with the optimizer that its stages of supervised training take. */
export const TRAIN_MUON = {
  ...TRAIN,
  name: 'trainMuon',
  optimizer: { ...TRAIN.optimizer, type: 'muon' },
} as const;

export const TRAIN_WIDE = { ...TRAIN, name: 'trainWide', spec: { ...MINI, width: 512 } } as const;

export const DECODE = {
  kind: 'decode',
  name: 'decode',
  spec: MINI,
  batch: 128,
  looks: 3,
  temperature: 1,
} as const;
