import type { ScoredShard, ScoreShardInput } from './contract.js';
import { parseJson, toJson, type DataSets } from './datasets.js';
import type { Checkpoints } from './checkpoints.js';
import { specOf, type Engines } from './engines.js';
import { shardFeatures } from './features.js';
import { cancellationSignal, heartbeat } from './heartbeat.js';
import type { LookTools, ObjectStore } from './ports.js';
import { readRollouts, shardPrefix, toRollout } from './rollouts.js';
import { scored, scoreGroups, type ScoredRecords } from './score-groups.js';
import { stopwatch } from './stopwatch.js';

export interface ScoreShardDeps {
  readonly store: ObjectStore;
  readonly tools: LookTools;
  readonly dataSets: DataSets;
  readonly checkpoints: Checkpoints;
  readonly engines: Engines;
}

/** Turns a shard's finished rollouts into rewards and advantages, and commits them. */
export function createScoreShard(deps: ScoreShardDeps): (input: ScoreShardInput) => Promise<ScoredShard> {
  return async (input) => {
    const { shard } = input;
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
    const records = scoreGroups(input, data, rollouts, features);
    time.mark('scoring');
    const { ref } = await deps.store.putIfAbsent(key, toJson(records), 'scored');
    time.mark('storing');
    return scored(ref, records, time.marks);
  };
}
