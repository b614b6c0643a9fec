import type { AskedQuestion } from '../../domain/conversation/records.js';
import type { AnswerSpec } from '../../domain/conversation/spec.js';
import { DataFailure } from '../../domain/failures.js';
import type { Ref } from '../../domain/refs.js';
import { parseJson, parseLines } from '../datasets.js';
import type { ObjectStore } from '../ports.js';
import type { ConversationAt } from './contract.js';

/**
 * Where a run of questions keeps what it commits:
 * ```
 * answers/<run>/000012/opening.json      the question, the video, the overview
 * answers/<run>/000012/message-0.json    what the model said
 * answers/<run>/000012/look-0.json       what it was shown for it
 * answers/<run>/000012/record.json       all of it, when it has ended
 * pictures/ab/<sha256>.jpg               every picture, by its content
 * ```
 */
export function conversationKey({ run, index }: ConversationAt, name: string): string {
  return `answers/${run}/${String(index).padStart(6, '0')}/${name}.json`;
}

export function pictureKey(sha256: string, format: AnswerSpec['view']['format']): string {
  return `pictures/${sha256.slice(0, 2)}/${sha256}.${format === 'jpeg' ? 'jpg' : 'png'}`;
}

/** Specs and lists of questions by their content: each is read once by a worker, not once a turn. */
export class AnswerSources {
  readonly #store: ObjectStore;
  readonly #kept = new Map<string, Promise<unknown>>();

  constructor(store: ObjectStore) {
    this.#store = store;
  }

  spec(ref: Ref): Promise<AnswerSpec> {
    return this.#read(ref, (bytes) => parseJson<AnswerSpec>(bytes));
  }

  async question(ref: Ref, index: number): Promise<AskedQuestion> {
    const questions = await this.#read(ref, (bytes) => parseLines<AskedQuestion>(bytes));
    const question = questions[index];
    if (question === undefined)
      throw new DataFailure(
        `${ref.uri}: has ${questions.length} questions, number ${index + 1} was asked for`,
      );
    return question;
  }

  #read<T>(ref: Ref, parse: (bytes: Uint8Array) => T): Promise<T> {
    const known = this.#kept.get(ref.sha256) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const reading = this.#store.get(ref).then(parse);
    this.#kept.set(ref.sha256, reading);
    reading.catch(() => this.#kept.delete(ref.sha256));
    while (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value!);
    return reading;
  }
}

const KEPT = 16;
