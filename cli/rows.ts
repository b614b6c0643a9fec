import type { ReportRow } from '../activities/contract.js';

/** One policy's row in words. */
export function rowLine({ stage, n, accuracy, ci95, anls, clips, crops, turns }: ReportRow): string {
  const [low, high] = ci95;
  return [
    `after ${stage}: ${percent(accuracy)} of ${n} questions answered exactly (95 %: ${percent(low)} to ${percent(high)})`,
    `ANLS ${anls.toFixed(3)}; per rollout ${clips.toFixed(2)} clips, ${crops.toFixed(2)} crops, ${turns.toFixed(2)} turns`,
  ].join('\n');
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
