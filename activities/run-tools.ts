import path from 'node:path';
import { decodeSlot } from '../domain/protocol/compact.js';
import { DEFAULT_PICTURES } from '../domain/tools/pictures.js';
import type { Observation } from '../domain/tools/contract.js';
import type { RunToolsInput, ToolsRun } from './contract.js';
import { parseJson, type DataSets } from './datasets.js';
import { cancellationSignal, heartbeat } from './heartbeat.js';
import type { LookTools, ObjectStore } from './ports.js';
import { isAnswer, packObservations, turnKey, unpackObservations, type SampledRecords } from './rollouts.js';
import { stopwatch } from './stopwatch.js';

export interface RunToolsDeps {
  readonly store: ObjectStore;
  readonly tools: LookTools;
  readonly dataSets: DataSets;
}

/** Runs what each rollout of a shard asked for in one turn, on the real videos, and commits the pictures. */
export function createRunTools({
  store,
  tools,
  dataSets,
}: RunToolsDeps): (input: RunToolsInput) => Promise<ToolsRun> {
  return async ({ shard, turn, sampled }) => {
    const key = turnKey(shard, turn, 'looks');
    const done = await store.head(key, 'observations');
    if (done) {
      const { observations } = unpackObservations(await store.get(done), done.uri);
      return { ref: done, ...counts(observations), timeMs: {} };
    }
    const time = stopwatch();
    const data = await dataSets.load(shard.data);
    const records = parseJson<SampledRecords>(await store.get(sampled));
    time.mark('loading');
    const observations: (Observation | null)[] = [];
    const packs: Uint8Array[] = [];
    let offset = 0;
    for (const [row, record] of records.entries()) {
      if (!record || isAnswer(record.tokens)) {
        observations.push(null);
        continue;
      }
      if (row % PROGRESS_EVERY === 0) heartbeat({ doing: 'looking', done: row, total: records.length });
      const question = data.questions[shard.questions[Math.floor(row / shard.groupSize)]!]!;
      const decoded = decodeSlot(record.tokens);
      if ('failure' in decoded || decoded.action.tool === 'answer') {
        const reason = 'failure' in decoded ? decoded.failure : 'an answer needs no look';
        observations.push({ kind: 'refused', reason });
        continue;
      }
      const file = path.join(data.dir, question.video);
      const { observation, pixels } = await tools.runCall(
        file,
        decoded.action,
        DEFAULT_PICTURES,
        cancellationSignal(),
      );
      observations.push(shifted(observation, offset));
      packs.push(pixels);
      offset += pixels.length;
    }
    time.mark('looking');
    const body = packObservations({ observations, pixels: Buffer.concat(packs) });
    const { ref } = await store.putIfAbsent(key, body, 'observations');
    time.mark('storing');
    return { ref, ...counts(observations), timeMs: time.marks };
  };
}

const PROGRESS_EVERY = 16;

/** Looks that point into the shard's pack in place of the call's own. */
function shifted(observation: Observation, by: number): Observation {
  if (observation.kind === 'refused') return observation;
  return { ...observation, looks: observation.looks.map((look) => ({ ...look, offset: look.offset + by })) };
}

function counts(observations: readonly (Observation | null)[]): {
  readonly valid: number;
  readonly refused: number;
} {
  const given = observations.filter((observation) => observation !== null);
  return {
    valid: given.filter(({ kind }) => kind === 'looks').length,
    refused: given.filter(({ kind }) => kind === 'refused').length,
  };
}
