import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

import { rotateLog } from './logs.js';
import { answers, WORKER_READY } from './probe.js';
import { HOME_MARK, identify, ROLE_MARK, signal } from './processes.js';
import type { ServiceRecord, ServiceSpec, ServiceState } from './spec.js';

export interface Timing {
  /** Pause before the first restart; doubled for each death in a row up to the longest. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
  /** A life this long clears the record of deaths. */
  readonly longLifeMs: number;
  /** Between SIGTERM and SIGKILL. */
  readonly graceMs: number;
  /** A process that reports readiness by message, and does not, counts as running after this long. */
  readonly silentReadyMs: number;
}

export const TIMING: Timing = {
  firstPauseMs: 500,
  longestPauseMs: 10_000,
  longLifeMs: 60_000,
  graceMs: 20_000,
  silentReadyMs: 60_000,
};

/**
 * One service: started, watched, started again when it dies, stopped on request. Each child leads a process
 * group of its own, so that a terminal's Ctrl-C reaches the supervisor alone, and whatever a dead child leaves
 * in its group is ended with it.
 */
export class SupervisedService {
  readonly spec: ServiceSpec;
  readonly #home: string;
  readonly #timing: Timing;
  readonly #prepare: () => Promise<void>;
  readonly #onChange: (event: string) => void;

  #child: ChildProcess | null = null;
  #started: string | null = null;
  #state: ServiceState = 'waiting';
  #restarts = 0;
  #failures = 0;
  #lastEnd: string | null = null;
  #timers = new Set<NodeJS.Timeout>();
  #stopping = false;
  #onGone: (() => void)[] = [];

  /**
   * @param prepare brings the service into shape each time it answers, before it counts as running
   * @param onChange hears of every change of state, with a line for the log
   */
  constructor(
    spec: ServiceSpec,
    home: string,
    timing: Timing,
    prepare: () => Promise<void>,
    onChange: (event: string) => void,
  ) {
    this.spec = spec;
    this.#home = home;
    this.#timing = timing;
    this.#prepare = prepare;
    this.#onChange = onChange;
  }

  get record(): ServiceRecord {
    return {
      role: this.spec.role,
      pid: this.#child?.pid ?? null,
      started: this.#started,
      state: this.#state,
      restarts: this.#restarts,
      failures: this.#failures,
      lastEnd: this.#lastEnd,
    };
  }

  start(): void {
    if (this.#stopping || this.#child !== null) return;
    const bornMs = Date.now();
    let child: ChildProcess;
    try {
      child = this.#spawn();
    } catch (error) {
      // No room for a log, no memory for a process: like a death, it is tried again.
      this.#ended(String(error), 0);
      return;
    }
    this.#child = child;
    this.#started = child.pid === undefined ? null : (identify(child.pid)?.started ?? null);
    let ended = false;
    const end = (how: string): void => {
      if (ended) return;
      ended = true;
      this.#ended(how, Date.now() - bornMs);
    };
    child.on('error', (error) => {
      // A later error (a signal or a message that could not be delivered) is not an end: its `exit` follows.
      if (child.pid === undefined) end(error.message);
    });
    child.once('exit', (code, name) => {
      end(name === null ? `exit code ${code}` : `signal ${name}`);
    });
    this.#change('starting', `${this.spec.role}: process ${child.pid ?? '(none)'} started`);
    if (this.spec.ready.type === 'message') this.#awaitMessage(child);
    else this.#awaitAnswer(child);
  }

  /** SIGTERM, after the grace SIGKILL. Resolves when the process is gone. */
  async stop(): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    const child = this.#child;
    if (child?.pid === undefined) {
      this.#change('stopped', `${this.spec.role}: stopped`);
      return;
    }
    const { pid } = child;
    const gone = new Promise<void>((resolve) => this.#onGone.push(resolve));
    signal(pid, 'SIGTERM');
    const insist = setTimeout(() => {
      this.#onChange(`${this.spec.role}: still there ${this.#timing.graceMs} ms after SIGTERM: SIGKILL`);
      signal(-pid, 'SIGKILL');
    }, this.#timing.graceMs);
    await gone;
    clearTimeout(insist);
  }

  #spawn(): ChildProcess {
    rotateLog(this.spec.logFile);
    const log = openSync(this.spec.logFile, 'a', 0o600);
    try {
      return spawn(this.spec.command, this.spec.args, {
        cwd: this.#home,
        detached: true,
        stdio: this.spec.ipc ? ['ignore', log, log, 'ipc'] : ['ignore', log, log],
        env: { ...process.env, ...this.spec.env, [HOME_MARK]: this.#home, [ROLE_MARK]: this.spec.role },
      });
    } finally {
      closeSync(log);
    }
  }

  #awaitMessage(child: ChildProcess): void {
    child.on('message', (message) => {
      if (child === this.#child && isReady(message)) this.#nowRunning(child);
    });
    this.#later(this.#timing.silentReadyMs, () => {
      if (child === this.#child) this.#nowRunning(child);
    });
  }

  #awaitAnswer(child: ChildProcess): void {
    const ask = async (): Promise<void> => {
      if (child !== this.#child || this.#stopping) return;
      if (await answers(this.spec.ready)) {
        try {
          await this.#prepare();
          if (child === this.#child) this.#nowRunning(child);
          return;
        } catch (error) {
          this.#onChange(`${this.spec.role}: answers, but could not be prepared: ${String(error)}`);
        }
      }
      this.#later(PROBE_EVERY_MS, () => void ask());
    };
    void ask();
  }

  #nowRunning(child: ChildProcess): void {
    if (this.#stopping || this.#state === 'running') return;
    this.#change('running', `${this.spec.role}: process ${child.pid ?? '(none)'} is ready`);
  }

  #ended(how: string, livedMs: number): void {
    const pid = this.#child?.pid;
    // The group's number is safe to signal: it stays taken for as long as one of its members lives.
    if (pid !== undefined) signal(-pid, 'SIGKILL');
    this.#child = null;
    this.#started = null;
    this.#lastEnd = how;
    if (this.#stopping) {
      this.#change('stopped', `${this.spec.role}: process ${pid ?? '(none)'} stopped (${how})`);
      for (const tell of this.#onGone.splice(0)) tell();
      return;
    }
    if (livedMs >= this.#timing.longLifeMs) this.#failures = 0;
    const pauseMs = Math.min(this.#timing.firstPauseMs * 2 ** this.#failures, this.#timing.longestPauseMs);
    this.#failures += 1;
    this.#change(
      'restarting',
      `${this.spec.role}: process ${pid ?? '(none)'} ended (${how}); again in ${pauseMs} ms`,
    );
    this.#later(pauseMs, () => {
      this.#restarts += 1;
      this.start();
    });
  }

  #change(state: ServiceState, event: string): void {
    this.#state = state;
    this.#onChange(event);
  }

  #later(ms: number, action: () => void): void {
    if (this.#stopping) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, ms);
    this.#timers.add(timer);
  }
}

const PROBE_EVERY_MS = 50;

function isReady(message: unknown): boolean {
  return (
    typeof message === 'object' && message !== null && 'type' in message && message.type === WORKER_READY.type
  );
}
