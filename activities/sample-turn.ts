import { SLOT } from '../domain/protocol/compact.js';
import { stream } from '../domain/seeds.js';
import type { SampledTurn, SampleTurnInput } from './contract.js';
import { parseJson, toJson, type DataSets } from './datasets.js';
import type { Checkpoints } from './checkpoints.js';
import type { Engines } from './engines.js';
import { cancellationSignal, heartbeat } from './heartbeat.js';
import { collate } from './packs.js';
import type { ObjectStore } from './ports.js';
import {
  isAnswer,
  readRollouts,
  slotOf,
  toSequence,
  turnKey,
  type SampledRecords,
  type TurnRecord,
} from './rollouts.js';
import { stopwatch } from './stopwatch.js';

export interface SampleTurnDeps {
  readonly store: ObjectStore;
  readonly dataSets: DataSets;
  readonly checkpoints: Checkpoints;
  readonly engines: Engines;
}

/** Rows of a sampling batch come in multiples of this, so that few shapes of session are needed. */
const ROWS = 16;

/** Samples one turn of every unfinished rollout of a shard, and commits it. */
export function createSampleTurn(deps: SampleTurnDeps): (input: SampleTurnInput) => Promise<SampledTurn> {
  return async ({ shard, turn, turns, observations }) => {
    const key = turnKey(shard, turn, 'turn');
    const done = await deps.store.head(key, 'turn');
    if (done) return sampled(parseJson<SampledRecords>(await deps.store.get(done)), done, {});
    const time = stopwatch();
    const data = await deps.dataSets.load(shard.data);
    const rollouts = await readRollouts(deps.store, shard, turns, observations);
    const weights = await deps.checkpoints.weights(shard.policy, shard.checkpoint);
    time.mark('loading');
    const engine = deps.engines.get(shard.policy, shard.compute);
    const rows = rollouts.flatMap((rollout, row) => (rollout.finished ? [] : [row]));
    const records: (TurnRecord | null)[] = rollouts.map(() => null);
    const last = turn >= shard.sampling.maxLooks;
    for (let start = 0; start < rows.length; start += shard.compute.microBatch) {
      const part = rows.slice(start, start + shard.compute.microBatch);
      const batch = Math.ceil(part.length / ROWS) * ROWS;
      heartbeat({ doing: 'sampling', done: start, total: rows.length });
      cancellationSignal()?.throwIfAborted();
      const sequences = part.map((row) => toSequence(data, rollouts[row]!));
      const uniforms = new Float32Array(batch * SLOT);
      part.forEach((row, i) => {
        const { questionIndex, sample } = rollouts[row]!;
        const { stage, step } = shard.at;
        const question = data.questions[questionIndex]!.id;
        uniforms.set(
          stream(shard.seed, stage, step, question, sample, turn, 'tokens').floats(SLOT),
          i * SLOT,
        );
      });
      const drawn = await engine.sample(weights, {
        ...collate(data, sequences, batch, turn, turn),
        uniforms,
        temperature: shard.sampling.temperature,
        greedy: shard.sampling.greedy,
        forced: new Int32Array(batch).fill(Number(last)),
      });
      part.forEach((row, i) => {
        records[row] = {
          tokens: slotOf(drawn.tokens, i),
          logProbs: slotOf(drawn.logProbs, i),
          forced: Number(last),
        };
      });
    }
    time.mark('sampling');
    const { ref } = await deps.store.putIfAbsent(key, toJson(records), 'turn');
    time.mark('storing');
    return sampled(records, ref, time.marks);
  };
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
