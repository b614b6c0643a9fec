import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { DataFailure } from '../../domain/failures.js';
import type { VideoLimits } from './limits.js';
import { tookTooLong, tookTooMuchMemory } from './limits.js';

const LOOK_EVERY_MS = 100;

/** Signals by which a program ends that broke on its input. */
const CRASHES: readonly string[] = ['SIGSEGV', 'SIGABRT', 'SIGBUS', 'SIGILL', 'SIGFPE', 'SIGTRAP', 'SIGSYS'];

export function isCrash(how: string): boolean {
  return CRASHES.includes(how);
}

export function crashedOn(path: string, said: string): DataFailure {
  return new DataFailure(`${path}: the decoder crashed on it (${said})`);
}

/** What is decoded, its limits, and the time that its processes have taken together. */
export interface Job {
  readonly path: string;
  readonly limits: VideoLimits;
  spentMs: number;
}

/**
 * Watches a process that decodes an untrusted file: an abort, the time limit or the memory limit kills it.
 * `reason` then says why; the first cause wins.
 */
export class Guard {
  reason: Error | null = null;
  readonly #pid: number | undefined;
  readonly #job: Job;
  readonly #end: () => void;
  readonly #signal: AbortSignal | undefined;
  readonly #timer: NodeJS.Timeout;
  #sinceMs: number | null = performance.now();

  constructor(pid: number | undefined, job: Job, end: () => void, signal?: AbortSignal) {
    this.#pid = pid;
    this.#job = job;
    this.#end = end;
    this.#signal = signal;
    this.#timer = setInterval(() => void this.#look(), LOOK_EVERY_MS).unref();
    signal?.addEventListener('abort', this.#onAbort, { once: true });
    if (signal?.aborted === true) this.#onAbort();
  }

  /** The consumer works: its time is not the decoder's. */
  pause(): void {
    this.#count();
    this.#sinceMs = null;
  }

  resume(): void {
    this.#sinceMs ??= performance.now();
  }

  /** Throws the reason, if there is one. */
  refuse(): void {
    if (this.reason !== null) throw this.reason;
  }

  release(): void {
    this.pause();
    clearInterval(this.#timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  readonly #onAbort = (): void => {
    const reason: unknown = this.#signal?.reason;
    this.#kill(reason instanceof Error ? reason : new Error(`stopped: ${String(reason)}`));
  };

  async #look(): Promise<void> {
    const { path, limits } = this.#job;
    this.#count();
    if (this.#job.spentMs > limits.maxSeconds * 1000) this.#kill(tookTooLong(path, limits));
    const usedMiB = this.#pid === undefined ? null : await residentMiB(this.#pid);
    if (usedMiB !== null && usedMiB > limits.maxMemoryMiB)
      this.#kill(tookTooMuchMemory(path, limits, usedMiB));
  }

  #count(): void {
    if (this.#sinceMs === null) return;
    const nowMs = performance.now();
    this.#job.spentMs += nowMs - this.#sinceMs;
    this.#sinceMs = nowMs;
  }

  #kill(reason: Error): void {
    if (this.reason === null) this.reason = reason;
    this.#end();
  }
}

/** Resident memory of a process; null where the system does not say. */
export async function residentMiB(pid: number): Promise<number | null> {
  if (process.platform === 'linux') {
    const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
    const kib = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
    return kib === undefined ? null : Number(kib) / 1024;
  }
  if (process.platform === 'win32') return null;
  const said = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(pid)]).catch(() => null);
  return said === null || said.stdout.trim() === '' ? null : Number(said.stdout) / 1024;
}
