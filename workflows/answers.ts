import {
  ApplicationFailure,
  continueAsNew,
  defineQuery,
  setCurrentDetails,
  patched,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { AnswerSource } from '../activities/conversation/contract.js';
import type { AnswerSpec } from '../domain/conversation/spec.js';
import type { Ref } from '../domain/refs.js';
import { addSums, NO_SUMS, withFailure, type AnswersCarried, type AnswersStatus } from './answers-state.js';
import { ATTRIBUTES } from './messages.js';
import { callsOf, collectAnswers, converse, type Progress } from './converse.js';

export interface AnswersInput {
  readonly run: string;
  /** For people: what is asked. */
  readonly model: string;
  readonly source: AnswerSource;
  readonly questions: number;
  /** Conversations under way at once, at most. */
  readonly width: number;
  /** Whose queue its messages are said on; absent from runs that were begun before there was a choice. */
  readonly engine?: AnswerSpec['engine']['type'];
  /** Whether a server that stays away is waited for without end. */
  readonly patient: boolean;
  /** Absent from runs that were begun before there was a choice. */
  readonly failures?: FailureLimit;
  readonly carried?: AnswersCarried;
}

/** It stops past this share of questions that could not be asked, once so many failed. */
export interface FailureLimit {
  readonly maxShare: number;
  readonly atLeast: number;
}

const FORMER_LIMIT: FailureLimit = { maxShare: 0.5, atLeast: 20 };

export const answersQuery = defineQuery<AnswersStatus>('answers');

/** Records in one object. */
const PART = 250;

/** Asks a model every question of a list, some at a time, and collects the records. */
export async function answers(input: AnswersInput): Promise<AnswersStatus> {
  const { run, source, questions, width, patient } = input;
  const { speak, meetModel } = callsOf(input.engine ?? 'openai', patient);
  const from = input.carried;
  const startedAtMs = from?.startedAtMs ?? workflowInfo().startTime.getTime();
  let { next, sums, met, lastFailures } = from ?? {
    next: 0,
    sums: NO_SUMS,
    met: null,
    lastFailures: [],
  };
  const live = new Map<number, Progress>();
  const records: Ref[] = [];
  let endedAtMs: number | null = null;
  const status = (): AnswersStatus => ({
    run,
    model: input.model,
    total: questions,
    sums,
    lastFailures,
    met,
    live: [...live].map(([index, { opening, messages, looks }]) => ({ index, opening, messages, looks })),
    records,
    startedAtMs,
    endedAtMs,
  });
  setHandler(answersQuery, status);

  met ??= await meetModel.executeWithOptions({ summary: input.model }, [{ run, spec: source.spec }]);
  const model = met;
  const failures: unknown[] = [];
  const lane = async (): Promise<void> => {
    while (next < questions && failures.length === 0 && !workflowInfo().continueAsNewSuggested) {
      const index = next++;
      const progress: Progress = { opening: null, messages: [], looks: [] };
      live.set(index, progress);
      try {
        const closed = await converse({ run, index }, source, model, { speak }, progress);
        sums = addSums(sums, closed.sums);
        live.delete(index);
        tell(status());
        if (closed.failure !== null) {
          lastFailures = withFailure(lastFailures, index, closed.failure);
          refuseTooMany(status(), input.failures ?? FORMER_LIMIT);
        }
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, questions) }, lane));
  if (failures.length > 0) throw failures[0];
  if (next < questions)
    await continueAsNew<typeof answers>({
      ...input,
      carried: { next, sums, lastFailures, met, startedAtMs },
    });
  for (let at = 0; at < questions; at += PART) {
    const to = Math.min(questions, at + PART);
    records.push(
      await collectAnswers.executeWithOptions({ summary: `records ${at + 1}–${to}` }, [
        { run, from: at, to },
      ]),
    );
  }
  endedAtMs = Date.now();
  return status();
}

function refuseTooMany({ sums, lastFailures }: AnswersStatus, { maxShare, atLeast }: FailureLimit): void {
  const { failed, conversations: of } = sums;
  if (failed < atLeast || failed <= maxShare * of) return;
  const last = lastFailures.map(({ index, why }) => `question ${index + 1}: ${why}`);
  throw ApplicationFailure.nonRetryable(
    `stopped: ${failed} of the first ${of} questions could not be asked, more than ${100 * maxShare} % (--max-failed); ` +
      `the last were\n  ${last.join('\n  ')}\nMend it and type the same command again: those that failed are asked again, the others are not.`,
    'DataFailure',
  );
}

/** For those who look at Temporal: details, and some fifty times what runs are listed and filtered by. */
function tell(status: AnswersStatus): void {
  const { sums, total } = status;
  setCurrentDetails(detailsOf(status));
  const { conversations: done, graded, correct } = sums;
  if (done < total && done % Math.ceil(total / 50) !== 0) return;
  // Runs that were begun before they were listed go on without.
  if (!patched('listed')) return;
  upsertSearchAttributes([
    { key: ATTRIBUTES.step, value: done },
    ...(graded === 0 ? [] : [{ key: ATTRIBUTES.accuracy, value: correct / graded }]),
  ]);
}

function detailsOf({ sums, total, lastFailures }: AnswersStatus): string {
  const { conversations, answered, failed, graded, correct, spent } = sums;
  const right = graded === 0 ? '' : `, ${correct} of ${graded} exactly right`;
  return [
    `${conversations} of ${total} questions: ${answered} answered${right}, ${failed} failed · ${spent.promptTokens} + ${spent.completionTokens} tokens`,
    ...lastFailures.map(({ index, why }) => `- question ${index + 1}: ${why}`),
  ].join('\n\n');
}
