import type { Served } from '../policy-engine.js';
import type { Spent } from '../../domain/conversation/ledger.js';
import type { Budget, ChatProtocol } from '../../domain/conversation/spec.js';
import type { Ref } from '../../domain/refs.js';

/** What the workflow of questions to a model asks for; see activities/contract.ts for how these are used. */

/** Which conversation: the key under which its parts are committed. */
export interface ConversationAt {
  readonly run: string;
  /** 0-based place of its question in the run. */
  readonly index: number;
}

/** How a run asks, and what: an AnswerSpec (JSON) and AskedQuestions (JSONL) in the store. */
export interface AnswerSource {
  readonly spec: Ref;
  readonly questions: Ref;
}

/** A model as it was met at the start of a run. */
export interface MetModel extends Served {
  readonly protocol: ChatProtocol;
  readonly budget: Budget;
  /** Tokens of prompt and message together; null where nobody says. */
  readonly contextTokens: number | null;
}

export interface MeetModelInput {
  readonly run: string;
  readonly spec: Ref;
}

export interface OpenConversationInput extends ConversationAt {
  readonly source: AnswerSource;
}

export interface SpeakInput extends ConversationAt {
  readonly source: AnswerSource;
  readonly protocol: ChatProtocol;
  /** As the model was met: a prompt that is longer is not sent. */
  readonly contextTokens: number | null;
  /** 0-based. */
  readonly turn: number;
  readonly opening: Ref;
  /** Messages and what they were answered with, in order; looks.length === messages.length. */
  readonly messages: readonly Ref[];
  readonly looks: readonly Ref[];
  /** Whether it must be the answer. */
  readonly final: boolean;
}

export interface Spoken {
  readonly ref: Ref;
  /** `nothing`: it could not be read. */
  readonly asks: 'look' | 'answer' | 'nothing';
  readonly tokens: number;
}

export interface LookInput extends ConversationAt {
  readonly source: AnswerSource;
  readonly turn: number;
  readonly opening: Ref;
  readonly message: Ref;
}

export interface LookedAt {
  readonly ref: Ref;
  readonly valid: boolean;
}

export interface CloseConversationInput extends ConversationAt {
  readonly source: AnswerSource;
  readonly opening: Ref | null;
  readonly messages: readonly Ref[];
  readonly looks: readonly Ref[];
  /** Why it could not go on; null where it ended as it should. */
  readonly failure: string | null;
}

export interface ClosedConversation {
  readonly ref: Ref;
  readonly sums: AnswerSums;
  /** Why it could not go on, as `sums.failed` counts it; null where it ended as it should, with an answer or without. */
  readonly failure: string | null;
}

/** Sums over conversations. */
export interface AnswerSums {
  readonly conversations: number;
  readonly answered: number;
  /** Could not go on, for their video or what the server refused of them; not in `graded`. */
  readonly failed: number;
  /** Those with a ground truth. */
  readonly graded: number;
  readonly correct: number;
  readonly anls: number;
  readonly clips: number;
  readonly crops: number;
  readonly turns: number;
  /** Calls that a tool refused, and messages that could not be read. */
  readonly refused: number;
  readonly unreadable: number;
  readonly spent: Spent;
}

export interface CollectAnswersInput {
  readonly run: string;
  /** Conversations [from, to). */
  readonly from: number;
  readonly to: number;
}

/** Task queue `curriculum`, for what only waits for a model's server; `gpu-rollout`, for a model of our own. */
export interface CallActivities {
  meetModel(input: MeetModelInput): Promise<MetModel>;
  speak(input: SpeakInput): Promise<Spoken>;
}

/** Task queue `cpu`. */
export interface ConversationActivities {
  openConversation(input: OpenConversationInput): Promise<Ref>;
  look(input: LookInput): Promise<LookedAt>;
  closeConversation(input: CloseConversationInput): Promise<ClosedConversation>;
  /** ConversationRecords, one a line (kind `trajectories`). */
  collectAnswers(input: CollectAnswersInput): Promise<Ref>;
}
