import type { GradedRollout } from '../domain/graded.js';
import type { GradedShard, GradeShardInput } from './contract.js';
import { parseLines, toLines, type DataSets } from './datasets.js';
import { gradeRollout } from './grade-rollout.js';
import type { ObjectStore } from './ports.js';
import { readRollouts, shardPrefix, toRollout } from './rollouts.js';
import { sumsOf } from './score-groups.js';

/** Sets an evaluation's rollouts beside the truth, and commits them as JSON lines. */
export function createGradeShard(deps: {
  readonly store: ObjectStore;
  readonly dataSets: DataSets;
}): (input: GradeShardInput) => Promise<GradedShard> {
  return async ({ shard, turns, observations }) => {
    const key = `${shardPrefix(shard.at, shard.shard)}/graded.jsonl`;
    const data = await deps.dataSets.load(shard.data);
    const done = await deps.store.head(key, 'trajectories');
    if (done) {
      const graded = parseLines<GradedRollout>(await deps.store.get(done));
      const rollouts = graded.map(({ rollout }) => rollout);
      return { ref: done, sums: sumsOf(data, rollouts, shard.questions, shard.groupSize, [], []) };
    }
    const live = await readRollouts(deps.store, shard, turns, observations);
    const rollouts = live.map((rollout) => toRollout(data, rollout));
    const graded = rollouts.map((rollout, row) => gradeRollout(data, live[row]!.questionIndex, rollout));
    const { ref } = await deps.store.putIfAbsent(key, toLines(graded), 'trajectories');
    return { ref, sums: sumsOf(data, rollouts, shard.questions, shard.groupSize, [], []) };
  };
}
