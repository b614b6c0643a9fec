import type { StageStatus } from './messages.js';

/** The live table of the Temporal UI: where each stage is, how well it does, and how long it will take. */
export function detailsTable(stages: readonly StageStatus[]): string {
  const rows = stages.map((stage) => [
    stage.baseline ? `${stage.stage} (baseline)` : stage.stage,
    stage.state,
    `${stage.step} / ${stage.steps}`,
    shown(stage.metrics['reward']),
    shown(stage.metrics['accuracy']),
    shown(stage.metrics['loss']),
    stage.checkpoint === null
      ? ''
      : `step ${stage.checkpoint.version.step}, ${stage.checkpoint.sha256.slice(0, 12)}`,
    stage.secondsLeft === null ? '' : duration(stage.secondsLeft),
  ]);
  const heads = ['stage', 'state', 'step', 'reward', 'accuracy', 'loss', 'last checkpoint', 'time left'];
  return [heads, heads.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** `95 s` → `1 min 35 s`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

function shown(value: number | undefined): string {
  return value === undefined ? '' : value.toFixed(3);
}
