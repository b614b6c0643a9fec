import type { TorchPolicy } from '../../domain/curriculum.js';
import { UserError } from '../../domain/failures.js';
import { nameHash } from '../../domain/seeds.js';
import { FORCED, readSaid, STOPS } from '../../domain/protocol/said.js';
import type { SampledTurn, SampleTurnInput, Shard } from '../contract.js';
import { parseJson, toJson } from '../datasets.js';
import { cancellationSignal, heartbeat } from '../heartbeat.js';
import type { ObjectStore } from '../ports.js';
import { turnKey } from '../rollouts.js';
import { stopwatch } from '../stopwatch.js';
import { ConversationBatch } from './conversations.js';
import type { SampledText, SampleMessages, TokenModel } from './model.js';
import type { TokenModels } from './models.js';
import type { Openings } from './openings.js';
import { torchPolicy } from './policy.js';
import {
  ends,
  readConversations,
  type LiveConversation,
  type SaidRecord,
  type SaidRecords,
} from './records.js';
import type { TokenStates } from './states.js';
import { asSaid } from './trajectories.js';

interface Deps {
  readonly store: ObjectStore;
  readonly openings: Openings;
  readonly models: TokenModels;
  readonly states: TokenStates;
}

/** Samples one message of every unfinished rollout of a shard, and commits them. */
export function createTorchSampleTurn(deps: Deps): (input: SampleTurnInput) => Promise<SampledTurn> {
  return async ({ shard, turn, turns, observations }) => {
    const key = turnKey(shard, turn, 'turn');
    const done = await deps.store.head(key, 'turn');
    if (done) return sampled(parseJson<SaidRecords>(await deps.store.get(done)), done, {});
    const time = stopwatch();
    const policy = torchPolicy(shard.policy);
    const signal = cancellationSignal();
    const openingOf = (question: number): ReturnType<Openings['of']> =>
      deps.openings.of(shard.data, question, policy.view, signal);
    const live = await readConversations(deps.store, shard, { turns, observations }, openingOf);
    const final = turn >= shard.sampling.maxLooks;
    const batch = new ConversationBatch(policy);
    const open = live.filter(({ finished }) => !finished);
    const requests = open.map((rollout) => requestOf(shard, turn, batch, rollout, final));
    const blobs = await batch.blobs(deps.store);
    const weights = await deps.states.file(shard.checkpoint.weights);
    time.mark('loading');
    const { greedy, temperature, topP } = shard.sampling;
    const asked: SampleMessages = {
      ...{ requests, greedy, temperature, topP },
      ...{ maxTokens: policy.maxTokens, stop: STOPS, weights, rows: rowsOf(shard, policy) },
    };
    const options = { blobs, signal, onProgress: heartbeat };
    const messages =
      requests.length === 0
        ? []
        : await deps.models.use(policy, shard.compute, async (model) => {
            const drawn = await model.sample(asked, options);
            if (turn === 0) await refuseHopeless(model, policy, batch, open, drawn);
            return drawn;
          });
    time.mark('sampling');
    const said = new Map(open.map((rollout, i) => [rollout, recordOf(messages[i]!, final)]));
    const records: SaidRecords = live.map((rollout) => said.get(rollout) ?? null);
    const { ref } = await deps.store.putIfAbsent(key, toJson(records), 'turn');
    time.mark('storing');
    return sampled(records, ref, time.marks);
  };
}

/** On a CPU one at a time, so that a message is exactly the same whoever it is drawn with; a GPU promises no such thing. */
function rowsOf({ compute }: Shard, { sampler }: TorchPolicy): number {
  if (compute.device === 'cpu') return 1;
  return sampler === undefined ? compute.microBatch : sampler.rows;
}

/**
 * One question that is too long ends its own rollouts. A context that has no room for what stands before any question is
 * the person's to mend: then none would be answered.
 */
async function refuseHopeless(
  model: TokenModel,
  { maxTokens }: TorchPolicy,
  batch: ConversationBatch,
  open: readonly LiveConversation[],
  messages: readonly SampledText[],
): Promise<void> {
  if (messages.some(({ finish }) => finish !== 'context')) return;
  const { contextTokens } = await model.start();
  const questions = new Set(open.map(({ questionIndex }) => questionIndex)).size;
  const without = open.map(({ opening }, i) => messages[i]!.promptTokens - batch.questionBytes(opening));
  if (questions < ENOUGH && without.some((tokens) => tokens + maxTokens <= contextTokens)) return;
  throw new UserError(
    `no conversation fits the policy's context: ${messages[0]!.why ?? ''}`,
    'raise policy.contextTokens, or lower policy.maxTokens, policy.view.frames or policy.view.overviewPixels',
  );
}

/** So many different questions are not all too long by themselves. */
const ENOUGH = 8;

function requestOf(
  { seed, at: { stage, step } }: Shard,
  turn: number,
  batch: ConversationBatch,
  { opening, said, looked, sample }: LiveConversation,
  final: boolean,
): SampleMessages['requests'][number] {
  return {
    conversation: batch.conversation(opening, said.map(asSaid), looked, final),
    seed: nameHash(seed, stage, step, opening.question.id, sample, turn, 'tokens'),
    ...(final ? { forced: FORCED } : {}),
  };
}

function recordOf(message: SampledText, final: boolean): SaidRecord {
  const { text, tokens, mask, logProbs, finish, promptTokens, why } = message;
  const none = { thought: null, action: null, failure: `the conversation outgrew the context: ${why ?? ''}` };
  const { thought, action, ...rest } = finish === 'context' ? none : readSaid(text, final);
  return { tokens, mask, logProbs, text, thought, action, ...rest, final, finish, promptTokens };
}

function sampled(records: SaidRecords, ref: SampledTurn['ref'], timeMs: SampledTurn['timeMs']): SampledTurn {
  const said = records.filter((record) => record !== null);
  const chosen = said.flatMap(({ mask }) => mask).filter((on) => on === 1);
  return { ref, open: said.filter((record) => !ends(record)).length, tokens: chosen.length, timeMs };
}
