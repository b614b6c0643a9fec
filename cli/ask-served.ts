import { randomUUID } from 'node:crypto';
import type { ConversationRecord, Looked, Opening, SpokenMessage } from '../domain/conversation/records.js';
import type { AnswerSpec } from '../domain/conversation/spec.js';
import type { AnswersStatus } from '../infra/client/answers.js';
import type { Session } from '../infra/client/session.js';
import {
  lookedLine,
  messageLine,
  overviewLine,
  printable,
  spentLine,
  thoughtLine,
} from './conversation-view.js';
import { EXIT } from './exit.js';
import { err, json, out } from './say.js';
import { showPicture } from './terminal-picture.js';

export interface AskServedOptions {
  readonly name?: string;
  readonly html?: string;
  readonly json?: boolean;
}

/** Asks a model one question about one video, and shows each look as it is committed. Returns the exit code. */
export async function askServed(
  video: string,
  question: string,
  spec: AnswerSpec,
  options: AskServedOptions,
): Promise<number> {
  const { openHome } = await import('../infra/home/home.js');
  const { up } = await import('../infra/services/up.js');
  const { withSession } = await import('../infra/client/session.js');
  const { cancelAnswers, handKeysFor, recordsOf, startAnswers, watchAnswers } =
    await import('../infra/client/answers.js');
  const home = openHome();
  await up({ home, onProgress: err });
  return withSession(home, async (session) => {
    const name = options.name ?? `ask-${randomUUID().slice(0, 8)}`;
    await handKeysFor(home, spec);
    const asked = [{ id: 'asked', video, question: question.trim(), answers: [] }];
    const failures = { maxShare: 1, atLeast: 1 };
    const again = `ruminate ask … --name ${name}`;
    await startAnswers(session, { name, spec, questions: asked, patient: false, failures, again });
    const stop = new AbortController();
    const onInterrupt = (): void => {
      stop.abort();
    };
    process.on('SIGINT', onInterrupt);
    process.on('SIGTERM', onInterrupt);
    const view = new LookView(session, options.json === true);
    let last: AnswersStatus | null = null;
    try {
      for await (const status of watchAnswers(session, name, {
        signal: stop.signal,
        everyMs: 300,
        onTrouble: err,
      })) {
        last = status;
        await view.show(status);
      }
    } finally {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onInterrupt);
    }
    if (last === null || last.endedAtMs === null) {
      // Nobody waits for it any more, and it may cost money.
      await cancelAnswers(session, name);
      err('\nStopped. What the model had said is kept; go on with the same command and --name ' + name);
      return EXIT.interrupted;
    }
    for await (const record of recordsOf(session, last)) return ended(session, name, record, view, options);
    throw new Error(`the run ${name} ended without a record`);
  });
}

async function ended(
  session: Session,
  name: string,
  record: ConversationRecord,
  view: LookView,
  options: AskServedOptions,
): Promise<number> {
  await view.rest(record);
  const html = options.html === undefined ? null : await keepEvidence(session, [record], options.html);
  if (options.json === true) json({ run: name, ...record, html });
  else {
    out(
      record.answer === null
        ? `no answer: ${printable(record.failure ?? '')}`
        : `answer: ${printable(record.answer)}`,
    );
    err(spentLine(record.spent));
    if (html !== null) err(`Evidence: ${html}`);
  }
  if (record.answer !== null) return EXIT.ok;
  err(`ruminate: ${printable(record.failure ?? 'the conversation ended without an answer')}`);
  return EXIT.failure;
}

/** Writes the evidence of conversations as a page; returns its path. */
export async function keepEvidence(
  session: Session,
  records: readonly ConversationRecord[],
  file: string,
): Promise<string> {
  const { evidencePage } = await import('../infra/evidence/page.js');
  const { keepFile } = await import('./pages.js');
  const page = await evidencePage(records, ({ ref }) => session.store.get(ref));
  return keepFile(file, Buffer.from(page));
}

/** Shows what has been committed since it was last asked. */
class LookView {
  readonly #session: Session;
  readonly #quiet: boolean;
  #opened = false;
  #messages = 0;
  #looks = 0;

  constructor(session: Session, quiet: boolean) {
    this.#session = session;
    this.#quiet = quiet;
  }

  async show({ live }: AnswersStatus): Promise<void> {
    const [now] = live;
    if (now === undefined || this.#quiet) return;
    const { committed } = await import('../infra/client/answers.js');
    if (now.opening !== null && !this.#opened)
      this.#open(await committed<Opening>(this.#session, now.opening));
    for (;;) {
      const [message, look] = [now.messages[this.#messages], now.looks[this.#looks]];
      if (this.#looks < this.#messages && look !== undefined)
        await this.#look(await committed<Looked>(this.#session, look));
      else if (this.#looks === this.#messages && message !== undefined)
        this.#say(await committed<SpokenMessage>(this.#session, message));
      else return;
    }
  }

  /** What of a finished conversation has not been shown. */
  async rest(record: ConversationRecord): Promise<void> {
    if (this.#quiet) return;
    if (!this.#opened && record.overview.length > 0) this.#open(record);
    for (const { spoken, looked } of record.turns.slice(Math.min(this.#messages, this.#looks))) {
      if (this.#messages === this.#looks) this.#say(spoken);
      if (looked !== null) await this.#look(looked);
    }
  }

  #open(opening: Opening): void {
    this.#opened = true;
    err(overviewLine(opening));
  }

  #say(spoken: SpokenMessage): void {
    if (spoken.thought !== null && spoken.thought !== '') err(thoughtLine(spoken.thought));
    if (spoken.action?.tool !== 'answer') out(messageLine(this.#messages, spoken));
    this.#messages += 1;
  }

  async #look(looked: Looked): Promise<void> {
    out(lookedLine(looked));
    this.#looks += 1;
    if (looked.kind !== 'looks') return;
    for (const picture of looked.pictures)
      await showPicture(process.stdout, () => this.#session.store.get(picture.ref));
  }
}
