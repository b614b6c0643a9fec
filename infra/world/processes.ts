import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { InfrastructureFailure, UserError } from '../../domain/failures.js';
import type { WorldRequest } from './folder.js';

/** What the parent sends to a child once, and what the child answers with. */
export interface Job {
  readonly dir: string;
  readonly request: WorldRequest;
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

/**
 * Shares the videos among `processes` children (one takes every n-th). False when this file runs as
 * TypeScript, straight from the sources: a child could not, and the caller makes the videos itself.
 */
export async function makeInProcesses(
  dir: string,
  request: WorldRequest,
  processes: number,
  onVideo: () => void,
  signal?: AbortSignal,
): Promise<boolean> {
  const child = new URL('./make-child.js', import.meta.url);
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

function runChild(file: string, job: Job, onVideo: () => void, signal: AbortSignal): Promise<void> {
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
