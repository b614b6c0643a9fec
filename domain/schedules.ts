import type { OptimizerConfig } from './curriculum.js';

/**
 * The learning rates of one optimizer step. `step` is 0-based, of `steps` in the stage: a pure function, so a
 * resumed run needs no saved schedule.
 */
export function ratesAt(
  step: number,
  steps: number,
  optimizer: OptimizerConfig,
): { readonly lr: number; readonly muonLr: number } {
  const { warmupSteps, decayShare, decay } = optimizer;
  const shape = { steps, warmupSteps, decayShare, decay };
  return {
    lr: rateAt(step, { ...shape, peak: optimizer.lr, end: optimizer.lrEnd }),
    muonLr: rateAt(step, { ...shape, peak: optimizer.muonLr, end: optimizer.muonLrEnd }),
  };
}

/**
 * Warm-up, flat, fall: rises to `peak` over the first `warmupSteps` (the first step already moves), stays, and falls
 * over the last `decayShare` of the steps, by a line or half a cosine, so that the very last step is taken at `end`.
 * Where warm-up and fall overlap, the lower of the two holds.
 */
export function rateAt(
  step: number,
  schedule: {
    readonly steps: number;
    readonly warmupSteps: number;
    readonly decayShare: number;
    readonly decay: 'linear' | 'cosine';
    readonly peak: number;
    readonly end: number;
  },
): number {
  const { steps, warmupSteps, peak, end } = schedule;
  if (!Number.isInteger(step) || step < 0 || step >= steps)
    throw new RangeError(`expected a step from 0 to ${steps - 1}, got ${step}`);
  const rising = step < warmupSteps ? (peak * (step + 1)) / warmupSteps : peak;
  const falling = Math.round(steps * schedule.decayShare);
  const into = step - (steps - falling) + 1;
  if (into <= 0) return rising;
  // The last step is `end` itself, not what rounding makes of it.
  if (into === falling) return Math.min(rising, end);
  const fallen =
    schedule.decay === 'cosine'
      ? end + ((peak - end) * (1 + Math.cos((Math.PI * into) / falling))) / 2
      : peak + ((end - peak) * into) / falling;
  return Math.min(rising, fallen);
}
