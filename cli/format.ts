import type { RunStatus, StageStatus } from '../infra/client/status.js';

/** `95` → `1 min 35 s`. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** Seconds from the stage's start to its end, or to now. */
export function elapsed({ startedAtMs, endedAtMs }: StageStatus | RunStatus, nowMs: number): number {
  return startedAtMs === null ? 0 : ((endedAtMs ?? nowMs) - startedAtMs) / 1000;
}

/** `reward .41  accuracy .38` or `loss 1.23`: what a stage's last step said of itself. */
export function shownMetrics({ metrics }: StageStatus): string {
  return SHOWN.flatMap((name) => {
    const value = metrics[name];
    return value === undefined ? [] : [`${name} ${value.toFixed(3)}`];
  }).join('  ');
}

const SHOWN = ['reward', 'accuracy', 'loss'] as const;

/** Columns side by side, as wide as their widest cell. */
export function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows.reduce<number[]>((most, row) => {
    row.forEach((cell, i) => (most[i] = Math.max(most[i] ?? 0, cell.length)));
    return most;
  }, []);
  return rows.map((row) =>
    row
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
