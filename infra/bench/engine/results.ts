import type { Machine } from '../machine.js';
import type { DuelResult } from './duel.js';
import type { Profile } from './profile.js';
import type { Clock } from '../clocks.js';
import type { Size } from './sizes.js';

/** The result for programs. A part that was not asked for is null; so is a ratio without anything to compare with. */
export interface EngineBench {
  /** ISO 8601. */
  readonly at: string;
  readonly threads: number;
  readonly clock: Clock;
  readonly train: TrainResult | null;
  /** With the optimizer of mini's supervised stages. */
  readonly trainMuon: DuelResult | null;
  readonly trainWide: WideResult | null;
  readonly decode: DecodeResult | null;
  readonly sizes: readonly Size[] | null;
  /** Why there is no PyTorch to compare with; null where there is. */
  readonly reason: string | null;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
}

export interface TrainResult extends DuelResult {
  /** Operations of a step's matrix products, in 10⁹; `torch` counts what its eager step did. */
  readonly matmulGflop: { readonly ours: number; readonly torch: number | null };
  /** Forward, backward and optimizer under onnxruntime's profiler, in runs of their own: where a step's time goes. */
  readonly profile: Profile;
}

export interface WideResult extends TrainResult {
  /** Operations of our step's matrix products / its time / the speed of onnxruntime's fastest product alone; medians. */
  readonly shareOfPeak: number;
  /** The same with the operations that PyTorch's step needs: what our graph spends beyond them does not count. */
  readonly shareOfPeakByTorchCount: number | null;
  readonly torchShareOfPeak: number | null;
  readonly peak: Peak;
}

export interface Peak {
  readonly gflops: number;
  /** M × K × N of the fastest. */
  readonly shape: readonly number[];
  /** The single fastest run of all, for those who would have that called the peak. */
  readonly bestGflops: number;
}

export interface DecodeResult extends DuelResult {
  /** Tokens drawn in one run: rollouts × turns × 7. */
  readonly tokens: number;
  readonly tokensPerSecond: { readonly ours: number; readonly torch: number | null };
}
