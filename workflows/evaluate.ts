import { continueAsNew, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { At, DataSet, GradedShard, Shard } from '../activities/contract.js';
import type { ComputeConfig, PolicyConfig } from '../domain/curriculum.js';
import type { CheckpointRef, Ref } from '../domain/refs.js';
import { GREEDY } from '../domain/sampling.js';
import { inFlight } from './pool.js';
import { cpu } from './proxies.js';
import { rollOut } from './rollout.js';

/** Questions that one activity asks greedily. */
const SHARD_QUESTIONS = 64;
/** While one shard samples, others look; more would only wait. */
const SHARDS_IN_FLIGHT = 3;
/** Shards between two looks at the length of the history: about 30 events each. */
const SHARDS_AT_A_TIME = 24;

export interface EvaluateInput {
  readonly run: string;
  /** Whose policy this is: a stage, or `base`. */
  readonly policyOf: string;
  /** Under what the rollouts are kept. */
  readonly at: At;
  readonly seed: number;
  readonly data: DataSet;
  readonly questions: readonly number[];
  readonly policy: PolicyConfig;
  readonly compute: ComputeConfig;
  readonly checkpoint: CheckpointRef;
  /** Graded shards of an earlier execution of this workflow. */
  readonly done?: readonly GradedShard[];
}

export interface Evaluated {
  readonly graded: readonly Ref[];
  readonly rollouts: number;
  readonly accuracy: number;
}

/** Asks the policy each question once, greedily, and grades what it answers. */
export async function evaluate(input: EvaluateInput): Promise<Evaluated> {
  const shards = chunks(input.questions, SHARD_QUESTIONS);
  const done = [...(input.done ?? [])];
  while (done.length < shards.length) {
    setCurrentDetails(`${done.length} of ${shards.length} shards graded`);
    const some = shards.slice(done.length, done.length + SHARDS_AT_A_TIME);
    const first = done.length;
    done.push(
      ...(await inFlight(some, SHARDS_IN_FLIGHT, (questions, i) => shard(input, first + i, questions))),
    );
    if (workflowInfo().continueAsNewSuggested && done.length < shards.length)
      await continueAsNew<typeof evaluate>({ ...input, done });
  }
  const rollouts = done.reduce((sum, { sums }) => sum + sums.rollouts, 0);
  const correct = done.reduce((sum, { sums }) => sum + sums.correct, 0);
  setCurrentDetails(`${rollouts} questions asked, ${correct} answered exactly`);
  return {
    graded: done.map(({ ref }) => ref),
    rollouts,
    accuracy: rollouts === 0 ? 0 : correct / rollouts,
  };
}

async function shard(
  input: EvaluateInput,
  index: number,
  questions: readonly number[],
): Promise<GradedShard> {
  const { at, seed, data, policy, compute, checkpoint } = input;
  const sampling = { ...GREEDY, maxLooks: policy.maxLooks };
  const asked: Shard = {
    at,
    shard: index,
    seed,
    data,
    questions,
    groupSize: 1,
    policy,
    compute,
    checkpoint,
    sampling,
  };
  const first = index * SHARD_QUESTIONS + 1;
  const story = `evaluation of ${input.policyOf} · questions ${first}–${first + questions.length - 1}`;
  const { turns, observations } = await rollOut(asked, story);
  return cpu.gradeShard.executeWithOptions({ summary: `${story} · grade` }, [
    { shard: asked, turns, observations },
  ]);
}

function chunks<T>(items: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, i) =>
    items.slice(i * size, (i + 1) * size),
  );
}
