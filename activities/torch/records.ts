import type { Looked, Opening, SampledTokens } from '../../domain/conversation/records.js';
import type { Ref } from '../../domain/refs.js';
import type { Action } from '../../domain/trajectory.js';
import type { Shard } from '../contract.js';
import { parseJson } from '../datasets.js';
import type { ObjectStore } from '../ports.js';
import { shardPrefix } from '../rollouts.js';

/** A message of the policy, as it is committed. `action` is null exactly when `failure` says why. */
export interface SaidRecord extends SampledTokens {
  readonly text: string;
  readonly thought: string | null;
  readonly action: Action | null;
  readonly failure?: string;
  /** Whether it had to be the answer. */
  readonly final: boolean;
  /** `context`: nothing was said, because the conversation outgrew the context. */
  readonly finish: 'end' | 'stop' | 'length' | 'context';
  readonly promptTokens: number;
}

/** The object of a sampled turn: one entry a rollout, groups one after the other; null where it had ended before. */
export type SaidRecords = readonly (SaidRecord | null)[];

/** The object of the tools' answers to one turn; null where nothing was asked. */
export type LookedRecords = readonly (Looked | null)[];

/** A rollout of a shard as far as it has come. */
export interface LiveConversation {
  readonly questionIndex: number;
  /** 0-based index within its group. */
  readonly sample: number;
  readonly opening: Opening;
  readonly said: readonly SaidRecord[];
  /** `looked[i]` answered `said[i]`; one fewer where the last message is the last. */
  readonly looked: readonly Looked[];
  readonly finished: boolean;
}

/** Where the tools' answers to a turn are kept. */
export function looksKey({ at, shard }: Shard, turn: number): string {
  return `${shardPrefix(at, shard)}/looks-${turn}.json`;
}

/** Rollouts of a shard after the given turns and observations. */
export async function readConversations(
  store: ObjectStore,
  shard: Pick<Shard, 'questions' | 'groupSize'>,
  refs: { readonly turns: readonly Ref[]; readonly observations: readonly Ref[] },
  openingOf: (question: number) => Promise<Opening>,
): Promise<readonly LiveConversation[]> {
  const read = async <T>(ref: Ref): Promise<T> => parseJson<T>(await store.get(ref));
  const turns = await Promise.all(refs.turns.map((ref) => read<SaidRecords>(ref)));
  const answers = await Promise.all(refs.observations.map((ref) => read<LookedRecords>(ref)));
  const conversations: LiveConversation[] = [];
  for (const [group, questionIndex] of shard.questions.entries()) {
    const opening = await openingOf(questionIndex);
    for (let sample = 0; sample < shard.groupSize; sample++) {
      const row = group * shard.groupSize + sample;
      const said = turns.map((records) => records[row] ?? null).filter((record) => record !== null);
      const looked = answers
        .slice(0, said.length)
        .map((records) => records[row] ?? null)
        .filter((one) => one !== null);
      const last = said.at(-1);
      const finished = last !== undefined && ends(last);
      conversations.push({ questionIndex, sample, opening, said, looked, finished });
    }
  }
  return conversations;
}

/** Whether nothing follows a message: it answers, or had to, or there was no room for it. */
export function ends({ action, final, finish }: Pick<SaidRecord, 'action' | 'final' | 'finish'>): boolean {
  return final || finish === 'context' || action?.tool === 'answer';
}

/** Whether a rollout ended because its conversation outgrew the context. */
export function outgrown({ said }: Pick<LiveConversation, 'said'>): boolean {
  return said.at(-1)?.finish === 'context';
}
