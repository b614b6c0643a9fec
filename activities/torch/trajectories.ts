import type { Looked } from '../../domain/conversation/records.js';
import type { Conversation } from '../../domain/conversation/tokenized.js';
import type { Observation } from '../../domain/tools/contract.js';
import type { Rollout, Turn } from '../../domain/trajectory.js';
import type { ConversationBatch, Said } from './conversations.js';
import type { LiveConversation, SaidRecord } from './records.js';

/** The record of a rollout, as rewards and reports read it. */
export function toRollout({ opening, sample, said, looked }: LiveConversation): Rollout {
  const turns = said.map(({ thought, action, tokens, logProbs, mask, failure }, i): Turn => {
    const seen = looked[i];
    return {
      ...{ thought, action, tokens, logProbs, mask },
      ...(failure === undefined ? {} : { failure }),
      ...(seen === undefined ? {} : { observation: toObservation(seen) }),
    };
  });
  const last = turns.at(-1)?.action;
  return {
    questionId: opening.question.id,
    sample,
    turns,
    answer: last?.tool === 'answer' ? last.text : null,
  };
}

/** Pictures are objects of their own here, so nothing is offset in a pack. */
function toObservation(looked: Looked): Observation {
  if (looked.kind === 'refused') return looked;
  const looks = looked.pictures.map(({ frame, box01, widthPx, heightPx }) => ({
    ...{ frame, box01, widthPx, heightPx, offset: 0 },
  }));
  return { kind: 'looks', call: looked.call, looks };
}

/** A finished rollout as the very conversation that it was sampled in: the prompt of its last message, and that message. */
export function toTrained(
  batch: ConversationBatch,
  { opening, said, looked }: Pick<LiveConversation, 'opening' | 'said' | 'looked'>,
): Conversation {
  // Of what there was no room for nothing is learnt.
  const own = said.filter(({ finish }) => finish !== 'context');
  return batch.whole(opening, own.map(asSaid), looked, own.at(-1)?.final ?? false);
}

/** A message that was said, as the prompt of the next one has it: by its tokens. */
export function asSaid({ thought, action, text, tokens, mask, logProbs }: SaidRecord): Said {
  return { thought, action, text, sampled: { tokens, mask, logProbs } };
}
