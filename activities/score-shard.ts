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
import { parseJson, toJson, type DataSets, type LoadedDataSet } from './datasets.js';
import type { Checkpoints } from './checkpoints.js';
import { specOf, type Engines } from './engines.js';
import { shardFeatures } from './features.js';
import { cancellationSignal, heartbeat } from './heartbeat.js';
import type { LookTools, ObjectStore } from './ports.js';
import { readRollouts, shardPrefix, toRollout } from './rollouts.js';
import { stopwatch } from './stopwatch.js';

export interface ScoreShardDeps {
  readonly store: ObjectStore;
  readonly tools: LookTools;
  readonly dataSets: DataSets;
  readonly checkpoints: Checkpoints;
  readonly engines: Engines;
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
}

/** Turns a shard's finished rollouts into rewards and advantages, group by group, and commits them. */
export function createScoreShard(deps: ScoreShardDeps): (input: ScoreShardInput) => Promise<ScoredShard> {
  return async (input) => {
    const { shard, stage } = input;
    const key = `${shardPrefix(shard.at, shard.shard)}/scored.json`;
    const done = await deps.store.head(key, 'scored');
    if (done) return scored(done, parseJson<ScoredRecords>(await deps.store.get(done)), {});
    const time = stopwatch();
    heartbeat({ doing: 'scoring' });
    const data = await deps.dataSets.load(shard.data);
    const live = await readRollouts(deps.store, shard, input.turns, input.observations);
    const rollouts = live.map((rollout) => toRollout(data, rollout));
    time.mark('loading');
    const weights = await deps.checkpoints.weights(specOf(shard.policy), input.encoder);
    const engine = deps.engines.get(shard.policy, shard.compute);
    const features = await shardFeatures(engine, weights, deps.tools, data, live, cancellationSignal());
    time.mark('embedding');
    const terms: RewardTerms[] = [];
    const rewards: number[] = [];
    const advantages: (readonly number[] | null)[] = [];
    for (let start = 0; start < rollouts.length; start += shard.groupSize) {
      const group = rollouts.slice(start, start + shard.groupSize);
      const curious = curiosity(
        group.map((r) => countsOf(r).valid),
        shard.groupSize,
        stage.rewards.curiosity,
      );
      const groupTerms = group.map((rollout, i): RewardTerms => {
        const { regions, frames, lastClip } = features[start + i]!;
        return {
          answer: answerReward(rollout.answer, truthOf(data, shard.questions, start, shard.groupSize)),
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
    const records: ScoredRecords = {
      turns: input.turns,
      observations: input.observations,
      questions: shard.questions,
      groupSize: shard.groupSize,
      terms,
      rewards,
      advantages,
      sums: sumsOf(data, rollouts, shard.questions, shard.groupSize, terms, rewards),
    };
    time.mark('scoring');
    const { ref } = await deps.store.putIfAbsent(key, toJson(records), 'scored');
    time.mark('storing');
    return scored(ref, records, time.marks);
  };
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

function scored(ref: ScoredShard['ref'], records: ScoredRecords, timeMs: ScoredShard['timeMs']): ScoredShard {
  const uniform = records.advantages.filter((a) => a === null).length;
  return {
    ref,
    rollouts: records.rewards.length,
    groupsTrained: records.advantages.length - uniform,
    groupsUniform: uniform,
    sums: records.sums,
    timeMs,
  };
}
