import pc from 'picocolors';
import type { RunStatus, StageStatus } from '../infra/client/status.js';
import { columns, duration, elapsed, shownMetrics } from './format.js';

/** A run as a few lines: its state, then one line for each stage. */
export function statusLines(status: RunStatus, nowMs: number): readonly string[] {
  const took = duration(elapsed(status, nowMs));
  const doing = status.state === 'running' ? ` · ${status.activity}` : '';
  return [
    `${pc.bold(status.run)} (${status.curriculum}) · ${coloured(status.state)}${doing} · ${took}`,
    ...(status.reason === null ? [] : [pc.yellow(status.reason)]),
    ...status.roomChanges.map((change) => `  changed on the way · ${change}`),
    ...columns(status.stages.map((stage) => cells(stage, nowMs))).map((line) => `  ${line}`),
    ...progressLines(status, nowMs).map((line) => `  ${line}`),
    ...troubleLines(status).map((line) => pc.yellow(line)),
  ];
}

/** What is done sooner is not worth a line. */
const SOON_MS = 3_000;

/** How far the activities are that count what they do. Steps of a stage have a line of their own. */
export function progressLines({ work, stages }: RunStatus, nowMs: number): readonly string[] {
  return work.flatMap(({ progress, startedAtMs }) => {
    if (progress === null || stages.some(({ stage }) => stage === progress.doing)) return [];
    if (startedAtMs === null || nowMs - startedAtMs < SOON_MS) return [];
    const { doing, done, total } = progress;
    return [`${doing}: ${done} of ${total}`];
  });
}

/** Activities that failed and are tried again: why nothing moves. */
export function troubleLines({ work }: RunStatus): readonly string[] {
  return work.flatMap(({ activity, attempt, failure }) =>
    failure === null || attempt < 2 ? [] : [`${activity}, attempt ${attempt}: ${failure}`],
  );
}

function cells(stage: StageStatus, nowMs: number): readonly string[] {
  const name = stage.baseline ? `${stage.stage} (baseline)` : stage.stage;
  const begun = stage.state !== 'waiting';
  return [
    `${MARKS[stage.state]} ${name}`,
    begun ? bar(stage.step / stage.steps) : '',
    `${stage.step} / ${stage.steps}`,
    shownMetrics(stage),
    begun ? duration(elapsed(stage, nowMs)) : '',
    rate(stage),
  ];
}

/** Steps a second, and the time left at that rate. */
function rate({ secondsLeft, step, steps }: StageStatus): string {
  if (secondsLeft === null || step >= steps) return '';
  const perSecond = (steps - step) / secondsLeft;
  const speed = perSecond >= 1 ? `${perSecond.toFixed(1)} steps/s` : `${(1 / perSecond).toFixed(1)} s/step`;
  return `${speed}, ${duration(secondsLeft)} left`;
}

const MARKS: Readonly<Record<StageStatus['state'], string>> = {
  waiting: '·',
  running: '▸',
  paused: '‖',
  completed: '✓',
  failed: '✗',
  cancelled: '■',
};

const BAR = 20;

function bar(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * BAR);
  return '█'.repeat(full) + '░'.repeat(BAR - full);
}

function coloured(state: RunStatus['state']): string {
  switch (state) {
    case 'completed':
      return pc.green(state);
    case 'failed':
      return pc.red(state);
    case 'needs-attention':
    case 'paused':
    case 'cancelled':
      return pc.yellow(state);
    case 'running':
      return pc.cyan(state);
    default:
      return state satisfies never;
  }
}
