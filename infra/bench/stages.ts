import type { Stage } from '../../domain/curriculum.js';
import { attribute, type Part } from './attribution.js';
import type { RecordedActivity, StageHistory } from './history.js';

/** Where a stage's time went. */
export interface StageTimes {
  readonly stage: string;
  readonly type: Stage['type'];
  /** Steps that were measured: all but those of the first training activity, which makes graphs and fills caches. */
  readonly steps: number;
  /** Wall clock, a step. */
  readonly stepMs: number;
  /** Of `stepMs`; they add up to it. */
  readonly parts: Readonly<Record<Part, number>>;
  /** Wall clock from the stage's begin to its first step: demonstrations are made, or questions chosen. */
  readonly preparationMs: number;
  /** Wall clock, a step, of the first training activity's steps. */
  readonly firstStepMs: number;
  readonly activitiesPerStep: number;
}

const TRAINING = ['trainSupervised', 'trainRl'];
const PREPARATION = ['synthesize', 'planQuestions'];

/** Steps follow each other without a pause, so each ends, and the next begins, where a training activity ends. */
export function stageTimes(stage: Stage, { startedMs, activities }: StageHistory): StageTimes {
  const training = activities.filter(({ type }) => TRAINING.includes(type));
  const [first, last] = [training[0], training.at(-1)];
  if (first === undefined || last === undefined || first === last)
    throw new Error(`${stage.name}: expected at least two training activities, found ${training.length}`);
  const window = { fromMs: first.endedMs, toMs: last.endedMs };
  const steps = (last.step ?? 0) - (first.step ?? 0);
  const sums = attribute(activities, window);
  const within = activities.filter(({ endedMs }) => endedMs > window.fromMs && endedMs <= window.toMs);
  const begunMs = firstStepMs(startedMs, activities);
  return {
    stage: stage.name,
    type: stage.type,
    steps,
    stepMs: (window.toMs - window.fromMs) / steps,
    parts: Object.fromEntries(Object.entries(sums).map(([part, ms]) => [part, ms / steps])) as Record<
      Part,
      number
    >,
    preparationMs: begunMs - startedMs,
    firstStepMs: (first.endedMs - begunMs) / stepsOf(stage, first),
    activitiesPerStep: within.length / steps,
  };
}

/** Steps of the first training activity: its output is named by the steps done where it takes many of them. */
function stepsOf(stage: Stage, { step }: RecordedActivity): number {
  return stage.type === 'rl' ? 1 : (step ?? 0);
}

function firstStepMs(startedMs: number, activities: readonly RecordedActivity[]): number {
  const ends = activities.filter(({ type }) => PREPARATION.includes(type)).map(({ endedMs }) => endedMs);
  return Math.max(startedMs, ...ends);
}
