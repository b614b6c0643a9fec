import { SLOT } from '../../../domain/protocol/compact.js';
import type { MatmulFlops } from '../../../engine/graph/flops.js';
import type { Contestants } from './contestants.js';
import type { TurnsOptions } from '../turns.js';
import { duel, type DuelResult } from './duel.js';
import { PEAK_SHAPES } from './peak.js';
import { together, type Profile } from './profile.js';
import type { DecodeResult, Peak, TrainResult, WideResult } from './results.js';
import { median } from '../samples.js';
import type { DecodeScenario, TrainScenario } from './scenarios.js';
import { SIZES, type Size } from './sizes.js';

type Options = Pick<TurnsOptions, 'rounds' | 'threads' | 'clock' | 'onProgress'>;

const LIMIT = { timeoutMs: 300_000 } as const;
const PROFILED_RUNS = 8;

/** Steps with AdamW against PyTorch eager and compiled, what they compute, and where ours spend their time. */
export async function measureTrain(
  scenario: TrainScenario,
  { ours, eager, compiled }: Contestants,
  options: Options,
  beside?: () => Promise<void>,
): Promise<TrainResult> {
  const { threads, onProgress } = options;
  let torchFlops: number | null = null;
  const result = await duel(scenario, ours, [...eager, ...compiled], {
    ...options,
    ...(beside ? { beside } : {}),
    before: async (standing) => {
      const first = standing.find(({ apart }) => !apart);
      if (first)
        torchFlops = await first.child.ask<number>(
          'count',
          { name: `${scenario.name}/${first.name}`, threads },
          LIMIT,
        );
    },
  });
  onProgress(`${scenario.name}: profile`);
  const counted = await ours.ask<Record<'backward' | 'optimizer', MatmulFlops>>(
    'count',
    { scenario, threads },
    LIMIT,
  );
  const profiles = await ours.ask<Record<'backward' | 'optimizer', Profile>>(
    'profile',
    { scenario, threads, runs: PROFILED_RUNS },
    LIMIT,
  );
  return {
    ...result,
    matmulGflop: {
      ours: (counted.backward.all + counted.optimizer.all) / 1e9,
      torch: torchFlops === null ? null : torchFlops / 1e9,
    },
    profile: together(Object.values(profiles)),
  };
}

/** The same at four times the width, with onnxruntime's fastest product measured in the same rounds. */
export async function measureWide(
  scenario: TrainScenario,
  contestants: Contestants,
  options: Options,
): Promise<WideResult> {
  const { ours } = contestants;
  const { threads, clock } = options;
  const products: number[][] = PEAK_SHAPES.map(() => []);
  const result = await measureTrain(scenario, contestants, options, async () => {
    const round = await ours.ask<readonly (readonly number[])[]>('peak', { threads, clock }, LIMIT);
    round.forEach((ms, i) => products[i]!.push(...ms));
  });
  const peak = fastestProduct(products);
  const share = (gflop: number, ms: number): number => gflop / (ms / 1000) / peak.gflops;
  const torch = result.fastestTorch === null ? null : result.theirs[result.fastestTorch]!;
  const torchGflop = result.matmulGflop.torch;
  return {
    ...result,
    shareOfPeak: share(result.matmulGflop.ours, result.ours.medianMs),
    shareOfPeakByTorchCount: torchGflop === null ? null : share(torchGflop, result.ours.medianMs),
    torchShareOfPeak:
      torchGflop === null || torch === null || 'reason' in torch ? null : share(torchGflop, torch.medianMs),
    peak,
  };
}

/** Whole rollouts with a cache against PyTorch eager. */
export async function measureDecode(
  scenario: DecodeScenario,
  { ours, eager }: Contestants,
  options: Options,
): Promise<DecodeResult> {
  const result = await duel(scenario, ours, eager, options);
  const tokens = scenario.batch * (scenario.looks + 1) * SLOT;
  const torch = result.fastestTorch === null ? null : result.theirs[result.fastestTorch]!;
  return {
    ...result,
    tokens,
    tokensPerSecond: {
      ours: (1000 * tokens) / result.ours.medianMs,
      torch: torch === null || 'reason' in torch ? null : (1000 * tokens) / torch.medianMs,
    },
  };
}

export function measureMuon(
  scenario: TrainScenario,
  { ours, muon }: Contestants,
  options: Options,
): Promise<DuelResult> {
  return duel(scenario, ours, muon, options);
}

export async function measureSizes(
  { ours }: Contestants,
  { threads, onProgress }: Options,
): Promise<readonly Size[]> {
  const sizes: Size[] = [];
  for (const size of SIZES) {
    const { width, layers } = size.spec;
    onProgress(`sizes: width ${width}, ${layers} layers, ${size.looks} looks`);
    sizes.push(await ours.ask<Size>('size', { size, threads }, LIMIT));
  }
  return sizes;
}

/** The product whose median is fastest, and the fastest single run of any. */
export function fastestProduct(products: readonly (readonly number[])[]): Peak {
  const all = PEAK_SHAPES.map((shape, i) => {
    const gflop = (2 * shape[0] * shape[1] * shape[2]) / 1e9;
    const gflops = (ms: number): number => gflop / (ms / 1000);
    return { shape, gflops: gflops(median(products[i]!)), bestGflops: gflops(Math.min(...products[i]!)) };
  });
  const { shape, gflops } = all.reduce((a, b) => (b.gflops > a.gflops ? b : a));
  return { shape, gflops, bestGflops: Math.max(...all.map((one) => one.bestGflops)) };
}
