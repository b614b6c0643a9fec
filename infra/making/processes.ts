import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { InfrastructureFailure, UserError } from '../../domain/failures.js';
import { letHeapGrow } from './heap.js';

/** What the parent sends to a child once, and what the child answers with. */
export interface Job<Request> {
  readonly dir: string;
  readonly request: Request;
  readonly first: number;
  readonly step: number;
}

export type Answer =
  | { readonly kind: 'made'; readonly index: number }
  | { readonly kind: 'finished' }
  | {
      readonly kind: 'failed';
      readonly message: string;
      readonly code: string | null;
      readonly user: boolean;
    };

/** What is to be made, and by which program. */
export interface Making<Request> {
  readonly dir: string;
  readonly request: Request;
  readonly videos: number;
  /** A module that calls `serve`. */
  readonly child: URL;
  /** Makes one video in this process. */
  readonly make: (index: number) => Promise<unknown>;
  readonly processes: number;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: { readonly done: number; readonly total: number }) => void) | undefined;
}

/** Makes all videos, in processes of their own where there are enough of them; the bytes do not depend on it. */
export async function makeAll<Request>(making: Making<Request>): Promise<void> {
  const { videos: total, signal } = making;
  let done = 0;
  const onVideo = (): void => {
    done += 1;
    making.onProgress?.({ done, total });
  };
  const processes = Math.min(making.processes, Math.ceil(total / 8));
  if (processes > 1 && (await makeInProcesses(making, processes, onVideo))) return;
  letHeapGrow();
  for (let index = 0; index < total; index++) {
    signal?.throwIfAborted();
    await making.make(index);
    onVideo();
  }
}

/**
 * Shares the videos among `processes` children (one takes every n-th). False when this file runs as
 * TypeScript, straight from the sources: a child could not, and the caller makes the videos itself.
 */
async function makeInProcesses<Request>(
  { dir, request, child, signal }: Making<Request>,
  processes: number,
  onVideo: () => void,
): Promise<boolean> {
  if (import.meta.url.endsWith('.ts')) return false;
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const jobs = Array.from({ length: processes }, (_, first) =>
    runChild(fileURLToPath(child), { dir, request, first, step: processes }, onVideo, either),
  );
  try {
    await Promise.all(jobs);
  } finally {
    stop.abort();
    await Promise.allSettled(jobs);
  }
  signal?.throwIfAborted();
  return true;
}

function runChild(file: string, job: Job<unknown>, onVideo: () => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(file, [], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    let failure: Error | null = null;
    let finished = false;
    const kill = (): void => void child.kill('SIGKILL');
    signal.addEventListener('abort', kill, { once: true });
    child.on('message', (answer: Answer) => {
      if (answer.kind === 'made') onVideo();
      else if (answer.kind === 'finished') finished = true;
      else failure = failureOf(answer);
    });
    child.once('error', (error) => (failure ??= error));
    child.once('close', (code, killedBy) => {
      signal.removeEventListener('abort', kill);
      if (signal.aborted && !finished) reject(failure ?? asError(signal.reason));
      else if (failure !== null) reject(failure);
      else if (finished) resolve();
      else
        reject(
          new InfrastructureFailure(
            `a process that draws videos ended early (${killedBy ?? `code ${code}`})`,
          ),
        );
    });
    child.send(job);
    if (signal.aborted) kill();
  });
}

function failureOf(answer: Extract<Answer, { kind: 'failed' }>): Error {
  if (answer.user) return new UserError(answer.message);
  const error = new InfrastructureFailure(answer.message);
  return answer.code === null ? error : Object.assign(error, { code: answer.code });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
