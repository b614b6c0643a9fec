import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { InfrastructureFailure } from '../../domain/failures.js';

const KEPT_LINES = 6;

/**
 * A process that measures on request: one JSON object a line in, one out. It stays alive between rounds, so that nothing is
 * loaded or compiled twice. A reply is `{id, result}` or `{id, error}`.
 */
export class Child {
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #waiting = new Map<number, (reply: Reply | Error) => void>();
  #complaints: string[] = [];
  #count = 0;
  #gone: Error | null = null;

  /** Its whole group dies with it (compilers that it started, too), and it ends when its input does. */
  constructor(
    name: string,
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string | undefined>>,
  ) {
    this.name = name;
    this.#process = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    const { stdin, stdout, stderr } = this.#process;
    // A child that dies while we write to it says so by its exit.
    stdin!.on('error', () => undefined);
    createInterface({ input: stdout! }).on('line', (line) => this.#heard(line));
    createInterface({ input: stderr! }).on('line', (line) => {
      this.#complaints = [...this.#complaints, line].slice(-KEPT_LINES);
    });
    this.#process.once('error', (error) => this.#ended(error.message));
    this.#process.once('close', (code, signal) => this.#ended(signal ?? `exit code ${code}`));
  }

  /** Rejects with an InfrastructureFailure where the child fails, dies, or (then it is killed) takes longer. */
  ask<Result>(task: string, args: object, { timeoutMs }: { readonly timeoutMs: number }): Promise<Result> {
    if (this.#gone) return Promise.reject(this.#gone);
    const id = ++this.#count;
    return new Promise<Result>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#ended(`no reply to "${task}" within ${timeoutMs / 1000} s`);
        this.kill();
      }, timeoutMs);
      this.#waiting.set(id, (reply) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        if (reply instanceof Error) reject(reply);
        else if (reply.error !== undefined)
          reject(new InfrastructureFailure(`${this.name}, asked to ${task}: ${reply.error}`));
        else resolve(reply.result as Result);
      });
      this.#process.stdin!.write(`${JSON.stringify({ id, task, ...args })}\n`);
    });
  }

  get pid(): number | null {
    return this.#process.pid ?? null;
  }

  kill(): void {
    const { pid } = this.#process;
    if (pid === undefined) return;
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // Already gone.
    }
  }

  #heard(line: string): void {
    if (!line.startsWith('{')) return;
    const reply = JSON.parse(line) as Reply;
    this.#waiting.get(reply.id)?.(reply);
  }

  #ended(how: string): void {
    const last = this.#complaints.length > 0 ? `; its last words:\n${this.#complaints.join('\n')}` : '';
    this.#gone ??= new InfrastructureFailure(`${this.name} ended: ${how}${last}`);
    for (const settle of [...this.#waiting.values()]) settle(this.#gone);
  }
}

interface Reply {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}
