import { SLOT } from '../domain/protocol/compact.js';
import { stream } from '../domain/seeds.js';
import type { SampledTurn, SampleTurnInput, Shard } from './contract.js';
import { parseJson, toJson, type DataSets } from './datasets.js';
import type { Checkpoints } from './checkpoints.js';
import { specOf, type Engines } from './engines.js';
import { cancellationSignal, heartbeat } from './heartbeat.js';
import type { ObjectStore } from './ports.js';
import type { RolloutMemories } from './rollout-memories.js';
import { isAnswer, readRollouts, toOpenRollout, turnKey, type SampledRecords } from './rollouts.js';
import { stopwatch } from './stopwatch.js';

export interface SampleTurnDeps {
  readonly store: ObjectStore;
  readonly dataSets: DataSets;
  readonly checkpoints: Checkpoints;
  readonly engines: Engines;
  readonly memories: RolloutMemories;
}

/** Samples one turn of every unfinished rollout of a shard, and commits it. */
export function createSampleTurn(deps: SampleTurnDeps): (input: SampleTurnInput) => Promise<SampledTurn> {
  return async ({ shard, turn, turns, observations }) => {
    const key = turnKey(shard, turn, 'turn');
    const done = await deps.store.head(key, 'turn');
    if (done) return sampled(parseJson<SampledRecords>(await deps.store.get(done)), done, {});
    const time = stopwatch();
    const data = await deps.dataSets.load(shard.data);
    const rollouts = await readRollouts(deps.store, shard, turns, observations);
    const weights = await deps.checkpoints.weights(specOf(shard.policy), shard.checkpoint);
    time.mark('loading');
    const engine = deps.engines.get(shard.policy, shard.compute);
    const before = turn > 0 ? deps.memories.take(shard, turn - 1) : [];
    const open = rollouts.filter(({ finished }) => !finished).length;
    const forced = turn >= shard.sampling.maxLooks;
    let drawn = 0;
    heartbeat({ doing: 'sampling', done: drawn, total: open });
    const results = await Promise.all(
      rollouts.map(async (rollout, row) => {
        if (rollout.finished) return null;
        const request = {
          rollout: toOpenRollout(data, rollout),
          memory: before[row] ?? null,
          uniforms: uniformsOf(shard, data.questions[rollout.questionIndex]!.id, rollout.sample, turn),
          forced,
        };
        const result = await engine.drawTurn(weights, shard.sampling, request, cancellationSignal());
        heartbeat({ doing: 'sampling', done: ++drawn, total: open });
        return result;
      }),
    );
    time.mark('sampling');
    const records: SampledRecords = results.map(
      (result) =>
        result && {
          tokens: [...result.tokens],
          logProbs: [...result.logProbs],
          forced: Number(forced),
        },
    );
    const { ref } = await deps.store.putIfAbsent(key, toJson(records), 'turn');
    deps.memories.keep(
      shard,
      turn,
      results.map((result, row) => (result && !isAnswer(records[row]!.tokens) ? result.memory : null)),
    );
    time.mark('storing');
    return sampled(records, ref, time.marks);
  };
}

/** The draws of one turn of one rollout: a stream of its own. */
function uniformsOf(shard: Shard, question: string, sample: number, turn: number): Float32Array {
  const { stage, step } = shard.at;
  return Float32Array.from(stream(shard.seed, stage, step, question, sample, turn, 'tokens').floats(SLOT));
}

function sampled(
  records: SampledRecords,
  ref: SampledTurn['ref'],
  timeMs: SampledTurn['timeMs'],
): SampledTurn {
  const spoken = records.filter((record) => record !== null);
  return {
    ref,
    open: spoken.filter(({ tokens }) => !isAnswer(tokens)).length,
    tokens: spoken.length * SLOT,
    timeMs,
  };
}
