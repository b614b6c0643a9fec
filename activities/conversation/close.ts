import { addSpent, NOTHING_SPENT } from '../../domain/conversation/ledger.js';
import type {
  ConversationRecord,
  Looked,
  Opening,
  SpokenMessage,
} from '../../domain/conversation/records.js';
import { wentOn } from '../../domain/conversation/outcome.js';
import { gradeAnswer } from '../../domain/metrics/grade.js';
import type { Ref } from '../../domain/refs.js';
import { parseJson, toJson, toLines } from '../datasets.js';
import type { ObjectStore } from '../ports.js';
import type {
  AnswerSums,
  ClosedConversation,
  CloseConversationInput,
  CollectAnswersInput,
} from './contract.js';
import { conversationKey, type AnswerSources } from './places.js';

interface CloseDeps {
  readonly store: ObjectStore;
  readonly sources: AnswerSources;
}

/** Puts a conversation together, grades its answer where there is a truth, and commits the record. */
export function createCloseConversation({
  store,
  sources,
}: CloseDeps): (input: CloseConversationInput) => Promise<ClosedConversation> {
  return async ({ source, opening, messages, looks, failure, ...at }) => {
    const key = conversationKey(at, 'record');
    const done = await store.head(key, 'trajectories');
    const before = done && parseJson<ConversationRecord>(await store.get(done));
    if (done && before && wentOn(before)) return closed(done, before);
    const read = async <T>(ref: Ref): Promise<T> => parseJson<T>(await store.get(ref));
    const question = await sources.question(source.questions, at.index);
    const begun = opening === null ? null : await read<Opening>(opening);
    const spoken = await Promise.all(messages.map((ref) => read<SpokenMessage>(ref)));
    const looked = await Promise.all(looks.map((ref) => read<Looked>(ref)));
    const last = spoken.at(-1);
    const answer = last?.action?.tool === 'answer' ? last.action.text : null;
    const { answers } = question;
    const record: ConversationRecord = {
      question,
      video: begun?.video ?? NO_VIDEO,
      overview: begun?.overview ?? [],
      turns: spoken.map((one, i) => ({ spoken: one, looked: looked[i] ?? null })),
      answer,
      failure: failure ?? (answer === null ? (last?.failure ?? 'it ended without an answer') : null),
      graded: answers.length === 0 || failure !== null ? null : gradeAnswer(answer, answers),
      spent: spoken.reduce((sum, one) => addSpent(sum, one.spent), NOTHING_SPENT),
    };
    // One that failed may have been asked again since, when its run was taken up: the last word counts.
    if (done) return closed(await store.put(key, toJson(record), 'trajectories'), record);
    const { ref } = await store.putIfAbsent(key, toJson(record), 'trajectories');
    return closed(ref, await read<ConversationRecord>(ref));
  };
}

/** The records of a stretch of a run as lines, in order. */
export function createCollectAnswers({
  store,
}: Pick<CloseDeps, 'store'>): (input: CollectAnswersInput) => Promise<Ref> {
  return async ({ run, from, to }) => {
    const key = `answers/${run}/records-${String(from).padStart(6, '0')}.jsonl`;
    const done = await store.head(key, 'trajectories');
    if (done) return done;
    const records: ConversationRecord[] = [];
    for (let index = from; index < to; index++) {
      const ref = await store.head(conversationKey({ run, index }, 'record'), 'trajectories');
      if (ref === null) throw new Error(`${run}: the record of question ${index + 1} is missing`);
      records.push(parseJson<ConversationRecord>(await store.get(ref)));
    }
    return (await store.putIfAbsent(key, toLines(records), 'trajectories')).ref;
  };
}

const NO_VIDEO = { durationSec: 0, fps: 1, frames: 0, widthPx: 0, heightPx: 0 };

function closed(ref: Ref, record: ConversationRecord): ClosedConversation {
  return { ref, sums: sumsOf(record), failure: wentOn(record) ? null : record.failure };
}

function sumsOf(record: ConversationRecord): AnswerSums {
  const looks = record.turns.flatMap(({ looked }) => (looked?.kind === 'looks' ? [looked.call.tool] : []));
  return {
    conversations: 1,
    answered: record.answer === null ? 0 : 1,
    failed: wentOn(record) ? 0 : 1,
    graded: record.graded === null ? 0 : 1,
    correct: record.graded?.correct === true ? 1 : 0,
    anls: record.graded?.anls ?? 0,
    clips: looks.filter((tool) => tool === 'clip').length,
    crops: looks.filter((tool) => tool === 'crop').length,
    turns: record.turns.length,
    refused: record.turns.filter(({ spoken, looked }) => spoken.action !== null && looked?.kind === 'refused')
      .length,
    unreadable: record.turns.filter(({ spoken }) => spoken.action === null).length,
    spent: record.spent,
  };
}
