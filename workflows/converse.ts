import { ActivityFailure, ApplicationFailure, proxyActivities } from '@temporalio/workflow';
import type {
  AnswerSource,
  CallActivities,
  ClosedConversation,
  ConversationActivities,
  ConversationAt,
  MetModel,
} from '../activities/conversation/contract.js';
import { TASK_QUEUES } from '../activities/contract.js';
import { mustAnswer, NOTHING_USED, type Used } from '../domain/conversation/budget.js';
import type { AnswerSpec } from '../domain/conversation/spec.js';
import type { Ref } from '../domain/refs.js';
import { COMMON } from './proxies.js';

const cpu = proxyActivities<ConversationActivities>({ ...COMMON, taskQueue: TASK_QUEUES.cpu });
/** What only waits for a server shares the queue of the workflows, whose worker computes nothing. */
const calls = proxyActivities<CallActivities>({ ...COMMON, taskQueue: TASK_QUEUES.curriculum });
/** For somebody who sits and waits: a server that stays away is an error soon. */
const fewCalls = proxyActivities<CallActivities>({
  ...COMMON,
  taskQueue: TASK_QUEUES.curriculum,
  retry: { ...COMMON.retry, maximumAttempts: 3 },
});

/** The same of a model in a Python process, which the worker of this queue holds. */
const localCalls = proxyActivities<CallActivities>({ ...COMMON, taskQueue: TASK_QUEUES.rollout });
const fewLocalCalls = proxyActivities<CallActivities>({
  ...COMMON,
  taskQueue: TASK_QUEUES.rollout,
  retry: { ...COMMON.retry, maximumAttempts: 3 },
});

/** @param patient whether what stays away is waited for without end */
export function callsOf(engine: AnswerSpec['engine']['type'], patient: boolean): typeof calls {
  if (engine === 'torch') return patient ? localCalls : fewLocalCalls;
  return patient ? calls : fewCalls;
}

export const { collectAnswers } = cpu;

/** What has been committed of a conversation so far; grown in place, for those who watch. */
export interface Progress {
  opening: Ref | null;
  readonly messages: Ref[];
  readonly looks: Ref[];
}

/**
 * One conversation: the overview, then messages and looks in turn, each one activity, until the model answers. When
 * its budget is used up, the next message must be the answer. A video or a context that is at fault ends this
 * conversation and no other.
 */
export async function converse(
  at: ConversationAt,
  source: AnswerSource,
  { protocol, budget, contextTokens }: MetModel,
  { speak }: Pick<typeof calls, 'speak'>,
  progress: Progress,
): Promise<ClosedConversation> {
  const story = `question ${at.index + 1}`;
  const close = (failure: string | null): Promise<ClosedConversation> =>
    cpu.closeConversation.executeWithOptions({ summary: `${story} · record` }, [
      { ...at, source, ...progress, failure },
    ]);
  try {
    const opening = await cpu.openConversation.executeWithOptions({ summary: `${story} · overview` }, [
      { ...at, source },
    ]);
    progress.opening = opening;
    let used: Used = NOTHING_USED;
    for (let turn = 0; ; turn++) {
      const final = mustAnswer(budget, used);
      const { messages, looks } = progress;
      const spoken = await speak.executeWithOptions({ summary: `${story} · turn ${turn + 1}` }, [
        {
          ...{ ...at, source, protocol, contextTokens, turn, opening },
          ...{ messages: [...messages], looks: [...looks], final },
        },
      ]);
      messages.push(spoken.ref);
      if (spoken.asks === 'answer' || final) return await close(null);
      const looked = await cpu.look.executeWithOptions({ summary: `${story} · look of turn ${turn + 1}` }, [
        { ...at, source, turn, opening, message: spoken.ref },
      ]);
      looks.push(looked.ref);
      used = {
        looks: used.looks + (looked.valid ? 1 : 0),
        turns: turn + 1,
        tokens: used.tokens + spoken.tokens,
      };
    }
  } catch (error) {
    const reason = dataFailure(error);
    if (reason === null) throw error;
    return close(reason);
  }
}

/** What was wrong with this video or question; null for failures that are not its own. */
function dataFailure(error: unknown): string | null {
  if (!(error instanceof ActivityFailure) || !(error.cause instanceof ApplicationFailure)) return null;
  return error.cause.type === 'DataFailure' ? error.cause.message : null;
}
