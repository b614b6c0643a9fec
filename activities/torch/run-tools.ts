import type { Looked } from '../../domain/conversation/records.js';
import { runLook } from '../conversation/run-look.js';
import type { Photographer } from '../conversation/pictures.js';
import type { RunToolsInput, ToolsRun } from '../contract.js';
import { parseJson, toJson } from '../datasets.js';
import { cancellationSignal, heartbeat } from '../heartbeat.js';
import type { ObjectStore } from '../ports.js';
import { stopwatch } from '../stopwatch.js';
import type { Openings } from './openings.js';
import { torchPolicy } from './policy.js';
import { ends, looksKey, type LookedRecords, type SaidRecord, type SaidRecords } from './records.js';

interface Deps {
  readonly store: ObjectStore;
  readonly openings: Openings;
  readonly photographer: Photographer;
}

/** Runs what each rollout of a shard asked for in one turn, on the real videos, and commits what they were shown. */
export function createTorchRunTools(deps: Deps): (input: RunToolsInput) => Promise<ToolsRun> {
  const { store, openings } = deps;
  return async ({ shard, turn, sampled }) => {
    const key = looksKey(shard, turn);
    const done = await store.head(key, 'observations');
    if (done) return ran(parseJson<LookedRecords>(await store.get(done)), done, {});
    const time = stopwatch();
    const { view } = torchPolicy(shard.policy);
    const signal = cancellationSignal();
    const records = parseJson<SaidRecords>(await store.get(sampled));
    time.mark('loading');
    // Rollouts of one group often look at the same.
    const taken = new Map<string, Looked>();
    const looked: (Looked | null)[] = [];
    for (const [row, record] of records.entries()) {
      heartbeat({ doing: 'looking', done: row, total: records.length });
      const question = shard.questions[Math.floor(row / shard.groupSize)]!;
      looked.push(record === null || ends(record) ? null : await look(question, record));
    }
    time.mark('looking');
    const { ref } = await store.putIfAbsent(key, toJson(looked), 'observations');
    time.mark('storing');
    return ran(looked, ref, time.marks);

    async function look(question: number, { action, failure }: SaidRecord): Promise<Looked> {
      if (action === null) return { kind: 'refused', reason: `${failure ?? 'the message says nothing'}.` };
      const asked = JSON.stringify([question, action]);
      const known = taken.get(asked);
      if (known !== undefined) return known;
      const { question: about, video } = await openings.of(shard.data, question, view, signal);
      const made = await runLook(deps, { video, file: about.video, view, action }, signal);
      taken.set(asked, made);
      return made;
    }
  };
}

function ran(looked: LookedRecords, ref: ToolsRun['ref'], timeMs: ToolsRun['timeMs']): ToolsRun {
  const count = (kind: Looked['kind']): number => looked.filter((one) => one?.kind === kind).length;
  return { ref, valid: count('looks'), refused: count('refused'), timeMs };
}
