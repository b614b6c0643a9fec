import pc from 'picocolors';
import type { AnswersSummary, AnswersView } from '../infra/client/answers-status.js';
import { printable, spentLine } from './conversation-view.js';
import { duration } from './format.js';

/** A run of questions as a few lines. */
export function answersLines(view: AnswersView, nowMs: number): readonly string[] {
  const { run, model, state, total, done, live, sums, row, startedAtMs, endedAtMs } = view;
  const took = duration(((endedAtMs ?? nowMs) - startedAtMs) / 1000);
  const counts = [
    `${done} / ${total} questions`,
    ...(row.n > 0
      ? [`${(100 * row.accuracy).toFixed(1)} % of ${row.n} exactly right, ANLS ${row.anls.toFixed(3)}`]
      : []),
    ...(sums.failed > 0 ? [`${sums.failed} failed`] : []),
    ...(live > 0 ? [`${live} under way`] : []),
  ];
  return [
    `${pc.bold(run)} (questions to ${model}) · ${state} · ${took}`,
    ...(view.reason === null ? [] : [pc.yellow(view.reason)]),
    `  ${counts.join(' · ')}`,
    ...(sums.spent.messages > 0 ? [`  ${spentLine(sums.spent)}`] : []),
    ...view.lastFailures.map(({ index, why }) => pc.yellow(`  question ${index + 1}: ${printable(why)}`)),
    ...retryLines(view).map((line) => pc.yellow(line)),
    ...(state === 'completed' || view.again === '' ? [] : [`  ${view.again}    takes it up, or watches it`]),
  ];
}

/** What is tried again and why, each once with how many are at it. */
function retryLines({ work }: AnswersView): readonly string[] {
  const lines = work.flatMap(({ activity, attempt, failure, retried }) => {
    if (retried !== null) return [`${activity}: tried again after: ${printable(retried.why)}`];
    return failure !== null && attempt > 1 ? [`${activity}: tried again after: ${printable(failure)}`] : [];
  });
  return [...new Set(lines)].map((line) => `  ${lines.filter((other) => other === line).length} × ${line}`);
}

/** Its cells of `ruminate list`. */
export function answersCells({ run, model, state, done, total, accuracy, startedAt }: AnswersSummary) {
  const right = accuracy === null ? '' : ` · ${(100 * accuracy).toFixed(1)} % right`;
  return [
    ...[run, `questions to ${model}`, state, `${done} of ${total}${right}`],
    startedAt.slice(0, 19).replace('T', ' '),
  ];
}
