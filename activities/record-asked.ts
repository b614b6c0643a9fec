import path from 'node:path';
import { addSpent, NOTHING_SPENT, spentOn } from '../domain/conversation/ledger.js';
import type {
  ConversationRecord,
  ConversationTurn,
  Looked,
  SpokenMessage,
} from '../domain/conversation/records.js';
import { SLOT } from '../domain/protocol/compact.js';
import { speak, tokenName } from '../domain/protocol/slot-words.js';
import type { Ref } from '../domain/refs.js';
import { DEFAULT_PICTURES } from '../domain/tools/pictures.js';
import type { Turn } from '../domain/trajectory.js';
import { sequenceLength } from '../engine/policy/spec.js';
import type { RecordAskedInput } from './contract.js';
import type { Photographer } from './conversation/pictures.js';
import { AskedPictures } from './asked-pictures.js';
import { toJson, type DataSets } from './datasets.js';
import { heartbeat } from './heartbeat.js';
import type { ObjectStore } from './ports.js';
import type { LookRenderer } from './report-content.js';
import { readRollouts, shardPrefix, toRollout, type LiveRollout } from './rollouts.js';

export interface RecordAskedDeps {
  readonly store: ObjectStore;
  readonly dataSets: DataSets;
  readonly photographer: Pick<Photographer, 'facts'>;
  readonly renderer: Pick<LookRenderer, 'framePng' | 'regionPng' | 'greyPng'>;
}

/**
 * Tells the embedded policy's rollout as a conversation is told: its pictures as it saw them, grey and small, each look
 * with the original beside it, because people see more in that. Commits the record.
 */
export function createRecordAsked(deps: RecordAskedDeps): (input: RecordAskedInput) => Promise<Ref> {
  const { store, dataSets, photographer } = deps;
  return async ({ shard, turns, observations, model }) => {
    const key = `${shardPrefix(shard.at, shard.shard)}/conversation.json`;
    const done = await store.head(key, 'trajectories');
    if (done) return done;
    const data = await dataSets.load(shard.data);
    const live = (await readRollouts(store, shard, turns, observations))[0]!;
    const { video: name, question, answers } = data.questions[live.questionIndex]!;
    const file = path.join(data.dir, name);
    const video = await photographer.facts(file, DEFAULT_PICTURES);
    const pictures = new AskedPictures(deps, file, video);
    const rollout = toRollout(data, live);
    const told: ConversationTurn[] = [];
    for (const [t, turn] of rollout.turns.entries()) {
      heartbeat({ doing: 'drawing looks', done: t, total: rollout.turns.length });
      const final = t >= shard.sampling.maxLooks;
      told.push({
        spoken: spoken(turn, t, final, model),
        looked: await looked(pictures, turn, live.looks[t]),
      });
    }
    const failure = rollout.turns.at(-1)?.failure ?? 'it ended without an answer';
    const record: ConversationRecord = {
      question: { id: 'asked', video: file, question, answers },
      video,
      overview: await pictures.overview(data.overviewOf(name)),
      turns: told,
      answer: rollout.answer,
      failure: rollout.answer === null ? failure : null,
      graded: null,
      spent: told.reduce((sum, { spoken: { spent } }) => addSpent(sum, spent), NOTHING_SPENT),
    };
    return (await store.putIfAbsent(key, toJson(record), 'trajectories')).ref;
  };
}

/** @param t how many looks came before */
function spoken(
  { action, failure, tokens, logProbs, mask }: Turn,
  t: number,
  final: boolean,
  model: string,
): SpokenMessage {
  const chosen = tokens.flatMap((token, place) =>
    mask[place] === 1 ? [{ token: tokenName(token, place), logProb: logProbs[place]! }] : [],
  );
  const used = {
    promptTokens: sequenceLength(t) - SLOT,
    cachedTokens: 0,
    completionTokens: chosen.length,
  };
  return {
    thought: null,
    action,
    ...(failure === undefined ? {} : { failure }),
    text: speak(tokens, false).content ?? '',
    native: false,
    final,
    logProbs: chosen,
    protocol: 'text',
    by: { url: 'onnx', model },
    spent: spentOn(used, null, []),
    timeMs: null,
  };
}

async function looked(
  pictures: AskedPictures,
  { observation }: Turn,
  look: LiveRollout['looks'][number] | undefined,
): Promise<Looked | null> {
  if (observation === undefined || look === undefined) return null;
  if (observation.kind === 'refused') return observation;
  const shown = observation.looks.map((one) => pictures.look(one, one.frame, one.box01, look.pixels));
  return { kind: 'looks', call: observation.call, pictures: await Promise.all(shown) };
}
