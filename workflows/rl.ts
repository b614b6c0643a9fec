import { ActivityFailure, ApplicationFailure } from '@temporalio/workflow';
import type { PromptLedger, RolloutSums, ScoredShard, Shard } from '../activities/contract.js';
import type { RlStage } from '../domain/curriculum.js';
import { addLedger, balanced, EMPTY_LEDGER } from '../domain/ledger.js';
import { inFlight } from './pool.js';
import { cpu, rollout, train } from './proxies.js';
import { addInto, rollOut } from './rollout.js';
import type { StageRun } from './stage-run.js';
import type { StageInput } from './stage-state.js';

/** Steps whose questions are chosen by one activity. */
const STEPS_PER_PLAN = 64;
/** Share of a stage's prompts that may be quarantined before it stops and says so. */
const QUARANTINE_LIMIT = 0.05;

/** Steps of reinforcement learning, until the stage is done or its history is long. */
export async function runRl(stage: RlStage, run: StageRun): Promise<void> {
  const { state } = run;
  run.stepsBegin();
  while (state.step < stage.steps && !run.isLong) {
    const fromStep = state.step;
    const toStep = Math.min(fromStep + STEPS_PER_PLAN, stage.steps);
    const questions = await planQuestions(stage, run.input, fromStep, toStep);
    while (state.step < toStep && !run.isLong) {
      const at = (state.step - fromStep) * stage.questionsPerStep;
      await oneStep(stage, run, questions.slice(at, at + stage.questionsPerStep));
    }
  }
}

/** Samples and scores all groups, shard by shard in parallel, then takes one optimizer step. */
async function oneStep(stage: RlStage, run: StageRun, questions: readonly number[]): Promise<void> {
  const { input, state } = run;
  const begunMs = Date.now();
  const step = state.step + 1;
  const story = `${stage.name} · step ${step}`;
  const shards = questions.length / stage.groupsPerShard;
  const outcomes = await inFlight([...Array(shards).keys()], shards, (shard) =>
    sampleAndScore(stage, run, shard, questions, `${story} · groups ${groupsOf(stage, shard)}`),
  );
  const ledger = outcomes.reduce((sum, outcome) => addLedger(sum, outcome.ledger), state.ledger);
  refuseImbalance(stage, ledger, step);
  refuseTooMany(stage, ledger);
  const scored = outcomes.flatMap(({ scored }) => (scored === null ? [] : [scored]));
  const timeMs: Record<string, number> = {};
  for (const outcome of outcomes) addInto(timeMs, outcome.timeMs);
  const { run: name, seed, policy, compute, train: data, start } = input;
  const trained = await train.trainRl.executeWithOptions({ summary: `${story} · update` }, [
    {
      at: { run: name, stage: stage.name, step: state.step },
      seed,
      policy,
      compute,
      stage,
      data,
      checkpoint: state.checkpoint,
      reference: start,
      scored: scored.map(({ ref }) => ref),
    },
  ]);
  addInto(timeMs, trained.timeMs);
  // With the step's checkpoint and not before: whoever goes on after a failure counts the step once.
  state.ledger = ledger;
  const metrics = { ...means(scored), ...trained.metrics };
  await run.committed(step, trained.checkpoint, metrics, { ...timeMs, wall: Date.now() - begunMs });
}

interface Outcome {
  /** Null where the shard's data was bad: its prompts are then in quarantine. */
  readonly scored: ScoredShard | null;
  readonly ledger: PromptLedger;
  readonly timeMs: Readonly<Record<string, number>>;
}

async function sampleAndScore(
  stage: RlStage,
  { input, state }: StageRun,
  index: number,
  questions: readonly number[],
  story: string,
): Promise<Outcome> {
  const { run, seed, train: data, policy, compute, start } = input;
  const shard: Shard = {
    at: { run, stage: stage.name, step: state.step },
    shard: index,
    seed,
    data,
    questions: questions.slice(index * stage.groupsPerShard, (index + 1) * stage.groupsPerShard),
    groupSize: stage.groupSize,
    policy,
    compute,
    checkpoint: state.checkpoint,
    sampling: {
      greedy: false,
      temperature: stage.temperature,
      topP: stage.topP,
      maxLooks: policy.maxLooks,
    },
  };
  const sampled = shard.questions.length;
  try {
    const { turns, observations, timeMs } = await rollOut(shard, story);
    const scored = await rollout.scoreShard.executeWithOptions({ summary: `${story} · score` }, [
      { shard, turns, observations, encoder: start, stage },
    ]);
    const { groupsTrained: trained, groupsUniform: uniform, groupsOutgrown: context = 0 } = scored;
    const quarantined = context > 0 ? { context } : {};
    const ledger = { sampled, trained, filtered: { uniform }, quarantined };
    const sums = { ...timeMs };
    addInto(sums, scored.timeMs);
    return { scored, ledger, timeMs: sums };
  } catch (error) {
    if (!isBadData(error)) throw error;
    return { scored: null, ledger: { ...EMPTY_LEDGER, sampled, quarantined: { data: sampled } }, timeMs: {} };
  }
}

function planQuestions(
  stage: RlStage,
  { run, seed, train: data }: StageInput,
  fromStep: number,
  toStep: number,
): Promise<readonly number[]> {
  const { name, questions: kinds, questionsPerStep: perStep } = stage;
  return cpu.planQuestions.executeWithOptions(
    { summary: `${name} · questions of steps ${fromStep + 1}–${toStep}` },
    [{ run, stage: name, seed, data, kinds, fromStep, toStep, perStep }],
  );
}

function isBadData(error: unknown): boolean {
  return (
    error instanceof ActivityFailure &&
    error.cause instanceof ApplicationFailure &&
    error.cause.type === 'DataFailure'
  );
}

function refuseImbalance(stage: RlStage, ledger: PromptLedger, step: number): void {
  if (balanced(ledger)) return;
  throw ApplicationFailure.nonRetryable(
    `${stage.name}, step ${step}: the prompts do not add up: ${JSON.stringify(ledger)}`,
    'BugFailure',
  );
}

function refuseTooMany(stage: RlStage, ledger: PromptLedger): void {
  const quarantined = Object.values(ledger.quarantined).reduce((sum, count) => sum + count, 0);
  const planned = stage.steps * stage.questionsPerStep;
  const allowed = Math.max(stage.groupsPerShard, QUARANTINE_LIMIT * planned);
  if (quarantined <= allowed) return;
  throw ApplicationFailure.nonRetryable(
    `${stage.name}: ${quarantined} of ${planned} prompts are in quarantine, because their videos or records are bad; at most ${Math.floor(allowed)} may be`,
    'DataFailure',
  );
}

/** Means over the step's rollouts, by the names that a curve bears. */
function means(scored: readonly ScoredShard[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const shard of scored) addInto(sums, { ...shard.sums });
  const { rollouts = 0, correct = 0, ...others } = sums as Record<keyof RolloutSums, number>;
  const mean = (sum: number): number => (rollouts === 0 ? 0 : sum / rollouts);
  const groupsTrained = scored.reduce((sum, shard) => sum + shard.groupsTrained, 0);
  const entries = Object.entries(others).map(([name, sum]) => [name, mean(sum)] as const);
  return { ...Object.fromEntries(entries), accuracy: mean(correct), groupsTrained };
}

/** 1-based and inclusive, for people. */
function groupsOf(stage: RlStage, shard: number): string {
  return `${shard * stage.groupsPerShard + 1}–${(shard + 1) * stage.groupsPerShard}`;
}
