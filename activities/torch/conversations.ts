import { assemble, type OpenConversation } from '../../domain/conversation/assemble.js';
import { NOTHING_SPENT } from '../../domain/conversation/ledger.js';
import type {
  ConversationTurn,
  Looked,
  Opening,
  SampledTokens,
  ShownPicture,
  SpokenMessage,
} from '../../domain/conversation/records.js';
import { questionBytes } from '../../domain/conversation/room.js';
import { tokenizable } from '../../domain/conversation/tokenize.js';
import type { BlobPicture, Conversation, Message } from '../../domain/conversation/tokenized.js';
import type { TorchPolicy } from '../../domain/curriculum.js';
import { BugFailure } from '../../domain/failures.js';
import type { Action } from '../../domain/trajectory.js';
import type { ObjectStore } from '../ports.js';

/** A message of a conversation, as it was sampled or (without `sampled`) as a demonstration says it. */
export interface Said {
  readonly thought: string | null;
  readonly action: Action | null;
  readonly text: string;
  readonly sampled: SampledTokens | null;
  /** Of a demonstration: whether it is to be imitated. */
  readonly learn?: boolean;
}

/** Conversations of one request to the model, and the pictures that they share. */
export class ConversationBatch {
  readonly #policy: TorchPolicy;
  readonly #pictures = new Map<string, { readonly blob: number; readonly picture: ShownPicture }>();

  constructor(policy: TorchPolicy) {
    this.#policy = policy;
  }

  /**
   * A conversation as the model takes it: `looked[i]` answered `said[i]`.
   * @param final whether the next message must be the answer; the prompt then demands it
   */
  conversation(
    opening: Opening,
    said: readonly Said[],
    looked: readonly Looked[],
    final: boolean,
  ): Conversation {
    const turns = said.map((one, i) => ({ spoken: spokenOf(one), looked: looked[i] ?? null }));
    const { prompt } = this.#policy;
    return tokenizable(assemble(this.#open(opening, turns, final)), {
      shots: prompt.shots.length,
      said: said.map(({ sampled }) => sampled),
      learn: (i) => said[i]?.learn ?? true,
      blobOf: (picture) => this.#blobOf(picture),
    });
  }

  /** Bytes of the first prompt that the question alone brings in. */
  questionBytes(opening: Opening): number {
    return questionBytes(this.#open(opening, [], false));
  }

  /**
   * A conversation that has ended, to learn from. Its last message, which nothing follows, stands behind the very prompt
   * that it was, or would have been, sampled from.
   * @param final whether that message had to be the answer
   */
  whole(opening: Opening, said: readonly Said[], looked: readonly Looked[], final: boolean): Conversation {
    const last = said.at(-1);
    if (last === undefined) throw new BugFailure('expected a conversation in which something was said');
    const { messages } = this.conversation(opening, said.slice(0, -1), looked, final);
    const { text, sampled, learn = true } = last;
    const message: Message =
      sampled === null
        ? { role: 'assistant', text, learn }
        : { role: 'assistant', tokens: sampled.tokens, mask: sampled.mask, logProbs: sampled.logProbs };
    return { messages: [...messages, message] };
  }

  /** Bytes of the pictures, by the places that the conversations name. */
  async blobs(store: ObjectStore): Promise<readonly Uint8Array[]> {
    return Promise.all([...this.#pictures.values()].map(({ picture }) => store.get(picture.ref)));
  }

  #open(opening: Opening, turns: readonly ConversationTurn[], final: boolean): OpenConversation {
    const { prompt, maxLooks } = this.#policy;
    const budget = { maxLooks, maxTurns: maxLooks + 1, maxTokens: Number.MAX_SAFE_INTEGER };
    return { prompt, protocol: 'text', budget, opening, turns, final };
  }

  #blobOf(picture: ShownPicture): BlobPicture {
    const known = this.#pictures.get(picture.ref.sha256);
    if (known !== undefined) return { blob: known.blob };
    const blob = this.#pictures.size;
    this.#pictures.set(picture.ref.sha256, { blob, picture });
    return { blob };
  }
}

function spokenOf({ thought, action, text }: Said): SpokenMessage {
  return {
    ...{ thought, action, text, native: false, final: false, logProbs: null, protocol: 'text' },
    ...{ by: { url: 'torch', model: 'torch' }, spent: NOTHING_SPENT, timeMs: 0 },
  };
}
