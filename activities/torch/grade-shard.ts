import type { GradedRollout } from '../../domain/graded.js';
import type { Rollout } from '../../domain/trajectory.js';
import type { GradedShard, GradeShardInput } from '../contract.js';
import { parseLines, toLines, type DataSets } from '../datasets.js';
import { gradeRollout } from '../grade-rollout.js';
import { cancellationSignal } from '../heartbeat.js';
import type { ObjectStore } from '../ports.js';
import { shardPrefix } from '../rollouts.js';
import { sumsOf } from '../score-groups.js';
import type { Openings } from './openings.js';
import { torchPolicy } from './policy.js';
import { readConversations, type LiveConversation } from './records.js';
import { toRollout } from './trajectories.js';

interface Deps {
  readonly store: ObjectStore;
  readonly dataSets: DataSets;
  readonly openings: Openings;
}

/** Sets an evaluation's rollouts beside the truth, and commits them as JSON lines. */
export function createTorchGradeShard(deps: Deps): (input: GradeShardInput) => Promise<GradedShard> {
  const { store, dataSets, openings } = deps;
  return async ({ shard, turns, observations }) => {
    const key = `${shardPrefix(shard.at, shard.shard)}/graded.jsonl`;
    const data = await dataSets.load(shard.data);
    const done = await store.head(key, 'trajectories');
    if (done) return gradedShard(done, parseLines<GradedRollout>(await store.get(done)));
    const { view } = torchPolicy(shard.policy);
    const live = await readConversations(store, shard, { turns, observations }, (question) =>
      openings.of(shard.data, question, view, cancellationSignal()),
    );
    const graded = live.map((conversation): GradedRollout => {
      const rollout = toRollout(conversation);
      const { video, overview } = conversation.opening;
      return {
        ...gradeRollout(data, conversation.questionIndex, rollout),
        rollout: inWords(rollout, conversation),
        shown: { fps: video.fps, frames: overview.map(({ frame }) => frame) },
      };
    });
    const { ref } = await store.putIfAbsent(key, toLines(graded), 'trajectories');
    return gradedShard(ref, graded);

    function gradedShard(ref: GradedShard['ref'], lines: readonly GradedRollout[]): GradedShard {
      const rollouts = lines.map(({ rollout }) => rollout);
      return { ref, sums: sumsOf(data, rollouts, shard.questions, shard.groupSize, [], []) };
    }
  };
}

/**
 * A rollout as a person reads it: without its tokens, which are thousands and stand in the objects of the turns. What
 * could not be read as a thought and an action is shown as it was written.
 */
function inWords(rollout: Rollout, { said }: LiveConversation): Rollout {
  const turns = rollout.turns.map((turn, i) => ({
    ...turn,
    thought: turn.action === null ? written(said[i]!.text) : turn.thought,
    ...{ tokens: [], logProbs: [], mask: [] },
  }));
  return { ...rollout, turns };
}

const MOST_CHARACTERS = 2_000;

function written(text: string): string {
  return text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text;
}
