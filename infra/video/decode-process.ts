import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { BugFailure, InfrastructureFailure } from '../../domain/failures.js';
import { sparseEnvironment } from './allowed.js';
import type { Received } from './decode-answers.js';
import { AnswerReader } from './decode-answers.js';
import type { DecodeJob } from './decode-protocol.js';
import { failureOf } from './decode-protocol.js';
import { crashedOn, Guard, isCrash } from './guard.js';

/** A process that decodes one request at a time, lives on between them, and does not keep its parent alive. */
export class DecodeProcess {
  readonly #child: ChildProcess;
  readonly #pipe: Socket;
  readonly #answers: AnswerReader;
  #isReady = false;
  #isAlive = true;
  #lastWords = '';
  readonly #ended: Promise<string>;

  constructor() {
    this.#child = fork(childFile(), [], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: sparseEnvironment(),
      execArgv: [],
    });
    this.#pipe = this.#child.stdout as Socket;
    this.#answers = new AnswerReader(this.#pipe);
    const complaints = this.#child.stderr as Socket;
    complaints.on(
      'data',
      (text: Buffer) => (this.#lastWords = (this.#lastWords + text.toString()).slice(-2000)),
    );
    complaints.unref();
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(error.message));
      this.#child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
    });
    void this.#ended.then(() => {
      this.#isAlive = false;
      this.#answers.close();
    });
    this.#keepsParentAlive(false);
  }

  /** False once it has ended: it then takes no more requests. */
  get isAlive(): boolean {
    return this.#isAlive;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /**
   * Runs a request. Throws what the decoder threw; a DataFailure where the file made it crash or go beyond a limit;
   * the signal's reason on an abort. A consumer that breaks off ends the process, since nothing else stops a decode.
   */
  async *run(job: DecodeJob, signal?: AbortSignal): AsyncGenerator<Received> {
    const guard = new Guard(this.#child.pid, { ...job, spentMs: 0 }, () => this.kill(), signal);
    let over = false;
    this.#keepsParentAlive(true);
    try {
      if (this.#isAlive) this.#child.send(job, () => undefined);
      for (;;) {
        guard.resume();
        const received = await this.#answers.next();
        guard.pause();
        guard.refuse();
        if (received === null) throw await this.#death(job.path);
        const { answer } = received;
        if (answer.kind === 'ready') this.#isReady = true;
        else if (answer.kind === 'end' || answer.kind === 'failed') {
          over = true;
          if (answer.kind === 'failed') throw failureOf(answer);
          return;
        } else yield received;
      }
    } finally {
      guard.release();
      if (!over) this.kill();
      this.#keepsParentAlive(false);
    }
  }

  kill(): void {
    this.#isAlive = false;
    this.#child.kill('SIGKILL');
    this.#answers.close();
  }

  async #death(path: string): Promise<Error> {
    const how = await this.#ended;
    const words = this.#lastWords.trim().split('\n').at(-1) ?? '';
    const said = words === '' ? how : `${how}: ${words}`;
    if (!this.#isReady) return new InfrastructureFailure(`the process that decodes did not start (${said})`);
    if (isCrash(how)) return crashedOn(path, said);
    return new InfrastructureFailure(`${path}: the process that decodes ended in the midst of it (${said})`);
  }

  #keepsParentAlive(yes: boolean): void {
    const what = yes ? 'ref' : 'unref';
    this.#child[what]();
    this.#child.channel?.[what]();
    this.#pipe[what]();
  }
}

/** The compiled main file; where this runs from its sources, whoever does so says where the compiled one is. */
function childFile(): string {
  if (!import.meta.url.endsWith('.ts')) return fileURLToPath(new URL('./decode-child.js', import.meta.url));
  const compiled = process.env['RUMINATE_COMPILED_DECODER'];
  if (compiled === undefined) {
    throw new BugFailure(
      'run from its sources, the decoder needs RUMINATE_COMPILED_DECODER: a process cannot be TypeScript',
    );
  }
  return compiled;
}
