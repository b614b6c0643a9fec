import { groupAdvantages } from '../domain/advantages.js';
import { countsOf } from '../domain/looks.js';
import { gradeAnswer } from '../domain/metrics/grade.js';
import { answerReward } from '../domain/rewards/answer.js';
import { combinedReward, type RewardTerms } from '../domain/rewards/combine.js';
import { curiosity } from '../domain/rewards/curiosity.js';
import { diversity } from '../domain/rewards/diversity.js';
import { formatReward } from '../domain/rewards/format.js';
import { representativeness } from '../domain/rewards/representativeness.js';
import type { Rollout } from '../domain/trajectory.js';
import type { RolloutSums, ScoredShard, ScoreShardInput } from './contract.js';
import type { LoadedDataSet } from './datasets.js';

/** Feature vectors that R_div and R_rep read, for one rollout. */
export interface RolloutFeatures {
  /** One for each valid crop, in order. */
  readonly regions: readonly Float32Array[];
  /** Those of the video's frames, as a clip would show them. */
  readonly frames: readonly Float32Array[];
  /** Those of the last clip's frames; `null` without a clip. */
  readonly lastClip: readonly Float32Array[] | null;
}

/** The object of a scored shard: where its rollouts are, and what each earned. */
export interface ScoredRecords {
  readonly turns: ScoreShardInput['turns'];
  readonly observations: ScoreShardInput['observations'];
  readonly questions: readonly number[];
  readonly groupSize: number;
  readonly terms: readonly RewardTerms[];
  readonly rewards: readonly number[];
  /** By group; `null` where all rewards are equal. */
  readonly advantages: readonly (readonly number[] | null)[];
  readonly sums: RolloutSums;
  /** Groups whose question left no room for a message; absent where there are none. */
  readonly groupsOutgrown?: number;
}

/** Rewards and advantages of a shard's finished rollouts, group by group. `features`: one entry for each rollout. */
export function scoreGroups(
  { shard, stage, turns, observations }: ScoreShardInput,
  data: LoadedDataSet,
  rollouts: readonly Rollout[],
  features: readonly RolloutFeatures[],
): ScoredRecords {
  const { questions, groupSize } = shard;
  const terms: RewardTerms[] = [];
  const rewards: number[] = [];
  const advantages: (readonly number[] | null)[] = [];
  for (let start = 0; start < rollouts.length; start += groupSize) {
    const group = rollouts.slice(start, start + groupSize);
    const curious = curiosity(
      group.map((r) => countsOf(r).valid),
      groupSize,
      stage.rewards.curiosity,
    );
    const groupTerms = group.map((rollout, i): RewardTerms => {
      const { regions, frames, lastClip } = features[start + i]!;
      return {
        answer: answerReward(rollout.answer, truthOf(data, questions, start, groupSize)),
        format: formatReward(rollout),
        diversity: diversity(regions),
        representativeness: representativeness(frames, lastClip),
        curiosity: curious[i]!,
      };
    });
    const groupRewards = groupTerms.map((t) => combinedReward(t, stage.rewards));
    terms.push(...groupTerms);
    rewards.push(...groupRewards);
    advantages.push(groupAdvantages(groupRewards, stage.objective.advantageEps));
  }
  const sums = sumsOf(data, rollouts, questions, groupSize, terms, rewards);
  return { turns, observations, questions, groupSize, terms, rewards, advantages, sums };
}

/** Sums over rollouts; reward terms are 0 where none are given (an evaluation has no rewards). */
export function sumsOf(
  data: LoadedDataSet,
  rollouts: readonly Rollout[],
  questions: readonly number[],
  groupSize: number,
  terms: readonly RewardTerms[],
  rewards: readonly number[],
): RolloutSums {
  const counts = rollouts.map(countsOf);
  const grades = rollouts.map((r, i) => gradeAnswer(r.answer, truthOf(data, questions, i, groupSize)));
  const total = (values: readonly (number | null)[]): number =>
    values.reduce<number>((sum, x) => sum + (x ?? 0), 0);
  return {
    rollouts: rollouts.length,
    reward: total(rewards),
    correct: grades.filter(({ correct }) => correct).length,
    anls: total(grades.map((g) => g.anls)),
    format: total(rollouts.map(formatReward)),
    diversity: total(terms.map((t) => t.diversity)),
    representativeness: total(terms.map((t) => t.representativeness)),
    curiosity: total(terms.map((t) => t.curiosity)),
    clips: total(counts.map((c) => c.clips)),
    crops: total(counts.map((c) => c.crops)),
    turns: total(counts.map((c) => c.turns)),
    refused: total(counts.map((c) => c.refused)),
  };
}

function truthOf(
  data: LoadedDataSet,
  questions: readonly number[],
  row: number,
  groupSize: number,
): readonly string[] {
  return data.questions[questions[Math.floor(row / groupSize)]!]!.answers;
}

/** What the records of a scored shard come to. */
export function scored(
  ref: ScoredShard['ref'],
  records: ScoredRecords,
  timeMs: ScoredShard['timeMs'],
): ScoredShard {
  const { groupsOutgrown = 0 } = records;
  const uniform = records.advantages.filter((a) => a === null).length - groupsOutgrown;
  return {
    ref,
    rollouts: records.rewards.length,
    groupsTrained: records.advantages.length - uniform - groupsOutgrown,
    groupsUniform: uniform,
    ...(groupsOutgrown > 0 ? { groupsOutgrown } : {}),
    sums: records.sums,
    timeMs,
  };
}
