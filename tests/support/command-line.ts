import { type ChildProcess, spawn } from 'node:child_process';

import type { Home } from '../../infra/home/home.js';
import { compiled } from '../../infra/services/workers.js';

/** How a command ended. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly ended: Promise<Ended>;
  /** Ctrl-C. */
  readonly interrupt: () => void;
}

/** The real command line, compiled, as a process of its own that works in one home. */
export class CommandLine {
  readonly #home: Home;
  readonly #main = compiled('cli/main.js');
  readonly #running = new Set<ChildProcess>();

  constructor(home: Home) {
    this.#home = home;
  }

  /** Resolves when the command has ended, whatever its exit code. */
  run(...args: readonly string[]): Promise<Ended> {
    return this.start(...args).ended;
  }

  /** A command that may be interrupted. */
  start(...args: readonly string[]): Running {
    const child = spawn(process.execPath, [this.#main, ...args], {
      env: { ...process.env, RUMINATE_HOME: this.#home.root, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#running.add(child);
    const output = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output.stderr += text));
    const ended = new Promise<Ended>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => {
        this.#running.delete(child);
        resolve({ code, ...output });
      });
    });
    return { ended, interrupt: () => child.kill('SIGINT') };
  }

  /** The JSON of a command that must succeed. */
  async json<T>(...args: readonly string[]): Promise<T> {
    const { code, stdout, stderr } = await this.run(...args, '--json');
    if (code !== 0) throw new Error(`ruminate ${args.join(' ')}: exit code ${code}\n${stderr}`);
    return JSON.parse(stdout) as T;
  }

  /** Ends what a failed test has left running. */
  stop(): void {
    for (const child of this.#running) child.kill('SIGKILL');
  }
}

/** Lines of a JavaScript stack trace. */
export const STACK_TRACE = /^\s+at .+:\d+:\d+\)?$/m;
