import { createWriteStream } from 'node:fs';
import { rename } from 'node:fs/promises';
import { resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import type { AskedQuestion, ConversationRecord } from '../domain/conversation/records.js';
import { accuracyOf } from '../domain/conversation/accuracy.js';
import { wentOn } from '../domain/conversation/outcome.js';
import type { AnswerSpec } from '../domain/conversation/spec.js';
import type { AnswersStatus } from '../infra/client/answers.js';
import type { Home } from '../infra/home/home.js';
import type { Session } from '../infra/client/session.js';
import { keepEvidence } from './ask-served.js';
import { outcomeLine, printable, spentLine } from './conversation-view.js';
import { EXIT } from './exit.js';
import { duration } from './format.js';
import { progressLine } from './progress.js';
import { err, json, out } from './say.js';

export interface AnswerQuestionsOptions {
  readonly name: string;
  readonly out?: string;
  readonly html?: string;
  readonly maxFailed: number;
  readonly json?: boolean;
}

/** Conversations that a page shows, at most: pictures of more make no page that a browser likes to open. */
const MOST_ON_A_PAGE = 100;

/** Fewer failures than this say nothing about a run. */
const FEW_FAILURES = 5;

/** Asks a model all questions as a durable run, and follows it. Ctrl-C stops the following. Returns the exit code. */
export async function answerQuestions(
  questions: readonly AskedQuestion[],
  spec: AnswerSpec,
  options: AnswerQuestionsOptions,
  again: string,
): Promise<number> {
  const { openHome } = await import('../infra/home/home.js');
  const { up } = await import('../infra/services/up.js');
  const { withSession } = await import('../infra/client/session.js');
  const { handKeysFor, startAnswers } = await import('../infra/client/answers.js');
  const home = openHome();
  await up({ home, onProgress: err });
  return withSession(home, async (session) => {
    const { name } = options;
    await handKeysFor(home, spec);
    const started = await startAnswers(session, {
      ...{ name, spec, questions, patient: true, again },
      failures: { maxShare: options.maxFailed, atLeast: FEW_FAILURES },
    });
    err(SAID[started](name));
    const status = await followed(session, name, () => handKeysFor(home, spec));
    if (status === null) return left(name, `${again}     watch it again, or take it up after ruminate down`);
    return ended(session, status, options);
  });
}

/** Follows a run that was begun elsewhere. Keys that are here are handed to it. Returns the exit code. */
export async function watchQuestions(session: Session, home: Home, name: string): Promise<number> {
  const { handKeysFor, specOf } = await import('../infra/client/answers.js');
  const spec = await specOf(session, name);
  const status = await followed(session, name, () => handKeysFor(home, spec));
  return status === null
    ? left(name, `ruminate watch ${name}     watch it again`)
    : ended(session, status, {});
}

function left(name: string, watch: string): number {
  err(`\nStopped watching; the run goes on.`);
  err(`  ${watch}`);
  err(`  ruminate cancel ${name}    stop it; what was answered stands`);
  return EXIT.interrupted;
}

const SAID = {
  started: (name: string) => `The run "${name}" has started.`,
  resumed: (name: string) => `The run "${name}" is taken up again; what was said is not asked again.`,
  attached: (name: string) => `The run "${name}" is going on already.`,
  complete: (name: string) => `The run "${name}" is complete; a new one wants another --name.`,
};

/** How far it is, until its end; null when somebody pressed Ctrl-C. */
async function followed(
  session: Session,
  name: string,
  handKeys: () => Promise<void>,
): Promise<AnswersStatus | null> {
  const { answersTrouble, watchAnswers } = await import('../infra/client/answers.js');
  const stop = new AbortController();
  const onInterrupt = (): void => {
    stop.abort();
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onInterrupt);
  const line = progressLine('questions');
  let told = '';
  try {
    let rounds = 0;
    for await (const status of watchAnswers(session, name, {
      signal: stop.signal,
      everyMs: 1_000,
      onTrouble: err,
    })) {
      if (status.endedAtMs !== null) return status;
      const { sums, total } = status;
      line.show({ done: sums.conversations, total, more: progressWords(status) });
      if (++rounds % 3 !== 0) continue;
      // A worker that was started anew has lost its keys.
      await handKeys().catch(() => undefined);
      const trouble = await answersTrouble(session, name);
      if (trouble !== null && trouble !== told) err(`\nwaiting: ${printable(trouble)}`);
      told = trouble ?? '';
    }
    return null;
  } finally {
    line.end();
    process.off('SIGINT', onInterrupt);
    process.off('SIGTERM', onInterrupt);
  }
}

function progressWords({ sums, total, startedAtMs }: AnswersStatus): string {
  const { conversations, graded, correct, failed } = sums;
  const words = [
    ...(graded > 0 ? [`${((100 * correct) / graded).toFixed(1)} % right`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ];
  if (conversations > 0 && conversations < total) {
    const left = ((Date.now() - startedAtMs) / 1000 / conversations) * (total - conversations);
    words.push(`${duration(left)} left`);
  }
  return words.join(', ');
}

interface FailedQuestion {
  readonly id: string;
  readonly why: string;
}

const NAMED_FAILURES = 5;

/** Which could not be asked, and why; the records have the rest. */
function failureLines(failed: readonly FailedQuestion[]): readonly string[] {
  const rest = failed.length - NAMED_FAILURES;
  return [
    ...failed.slice(0, NAMED_FAILURES).map(({ id, why }) => `  ${printable(id)}: ${printable(why)}`),
    ...(rest > 0 ? [`  and ${rest} more: "failure" in the predictions`] : []),
  ];
}

async function ended(
  session: Session,
  status: AnswersStatus,
  options: Pick<AnswerQuestionsOptions, 'out' | 'html' | 'json'>,
): Promise<number> {
  const { recordsOf } = await import('../infra/client/answers.js');
  const file = options.out === undefined ? null : resolve(options.out);
  const shown: ConversationRecord[] = [];
  const failed: FailedQuestion[] = [];
  const part = file === null ? null : createWriteStream(`${file}.part`);
  for await (const record of recordsOf(session, status)) {
    part?.write(`${JSON.stringify(record)}\n`);
    if (!wentOn(record)) failed.push({ id: record.question.id, why: record.failure ?? '' });
    if (options.html !== undefined && shown.length < MOST_ON_A_PAGE) shown.push(record);
  }
  if (part !== null && file !== null) {
    part.end();
    await finished(part);
    await rename(`${file}.part`, file);
  }
  const html = options.html === undefined ? null : await keepEvidence(session, shown, options.html);
  const row = accuracyOf(status.sums);
  if (options.json === true)
    json({
      ...{ run: status.run, model: status.model, ...row, spent: status.sums.spent },
      ...{ failures: failed, predictions: file, html },
    });
  else {
    const { sums } = status;
    out(outcomeLine(sums));
    for (const line of failureLines(failed)) out(line);
    if (row.n > 0) {
      const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
      out(
        `${percent(row.accuracy)} of ${row.n} answered exactly (95 %: ${percent(row.ci95[0])} to ${percent(row.ci95[1])}), ANLS ${row.anls.toFixed(3)}`,
      );
    }
    out(
      `per question ${row.clips.toFixed(2)} clips, ${row.crops.toFixed(2)} crops, ${row.turns.toFixed(2)} turns; ${sums.refused} calls refused, ${sums.unreadable} messages unreadable`,
    );
    out(spentLine(sums.spent));
    if (file !== null) out(`Predictions: ${file}`);
    if (html !== null) out(`Evidence:    ${html}`);
  }
  return EXIT.ok;
}
