import type { Photographer } from '../conversation/pictures.js';
import type { ScoredShard, ScoreShardInput } from '../contract.js';
import { parseJson, toJson, type DataSets } from '../datasets.js';
import { cancellationSignal, heartbeat } from '../heartbeat.js';
import type { ObjectStore } from '../ports.js';
import { shardPrefix } from '../rollouts.js';
import { scored, scoreGroups, type ScoredRecords } from '../score-groups.js';
import { stopwatch } from '../stopwatch.js';
import { conversationFeatures } from './features.js';
import type { TokenModels } from './models.js';
import type { Openings } from './openings.js';
import { torchPolicy } from './policy.js';
import { outgrown, readConversations, type LiveConversation } from './records.js';
import type { TokenStates } from './states.js';
import { toRollout } from './trajectories.js';

interface Deps {
  readonly store: ObjectStore;
  readonly dataSets: DataSets;
  readonly openings: Openings;
  readonly photographer: Photographer;
  readonly models: TokenModels;
  readonly states: TokenStates;
}

/** Turns a shard's finished rollouts into rewards and advantages, and commits them. */
export function createTorchScoreShard(deps: Deps): (input: ScoreShardInput) => Promise<ScoredShard> {
  return async (input) => {
    const { shard } = input;
    const key = `${shardPrefix(shard.at, shard.shard)}/scored.json`;
    const done = await deps.store.head(key, 'scored');
    if (done) return scored(done, parseJson<ScoredRecords>(await deps.store.get(done)), {});
    const time = stopwatch();
    heartbeat({ doing: 'scoring' });
    const policy = torchPolicy(shard.policy);
    const signal = cancellationSignal();
    const data = await deps.dataSets.load(shard.data);
    const live = await readConversations(deps.store, shard, input, (question) =>
      deps.openings.of(shard.data, question, policy.view, signal),
    );
    const weights = await deps.states.file(input.encoder.weights);
    time.mark('loading');
    const features = await deps.models.use(policy, shard.compute, (model) =>
      conversationFeatures({ ...deps, model, weights, view: policy.view, signal }, live),
    );
    time.mark('embedding');
    const records = withOutgrown(scoreGroups(input, data, live.map(toRollout), features), live);
    time.mark('scoring');
    const { ref } = await deps.store.putIfAbsent(key, toJson(records), 'scored');
    time.mark('storing');
    return scored(ref, records, time.marks);
  };
}

/** Counts the rollouts that outgrew the context, and the groups of which none could begin: their rewards are all equal. */
function withOutgrown(records: ScoredRecords, live: readonly LiveConversation[]): ScoredRecords {
  const ended = live.filter(outgrown);
  if (ended.length === 0) return records;
  const silent = ended.filter(({ said }) => said.length === 1).length / records.groupSize;
  return {
    ...records,
    sums: { ...records.sums, outgrown: ended.length },
    ...(silent > 0 ? { groupsOutgrown: silent } : {}),
  };
}
