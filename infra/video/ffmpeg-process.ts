import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { InfrastructureFailure } from '../../domain/failures.js';
import { sparseEnvironment } from './allowed.js';
import type { Job } from './guard.js';
import { crashedOn, Guard, isCrash } from './guard.js';

/** Most of what an ffmpeg says that is kept: a file may carry any amount of text about itself. */
const MOST_SAID = 1_048_576;

/** How a run of ffmpeg ended. `reason` is its last line of complaint. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly reason: string;
}

/**
 * Runs an ffmpeg binary to its end. Frames go in by stdin, one at a time, so that nobody holds a whole video. One that
 * looks at an untrusted file (`job`) keeps to its limits. Rejects when it cannot be started, is aborted, crashes or
 * goes beyond a limit; a non-zero exit code is the caller's to judge.
 */
export async function runFfmpeg(
  binary: string,
  args: readonly string[],
  options: {
    readonly input?: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
    readonly job?: Job;
    readonly signal?: AbortSignal;
  } = {},
): Promise<Ended> {
  const { input, job, signal } = options;
  signal?.throwIfAborted();
  const child = spawn(
    binary,
    ['-hide_banner', '-nostdin', ...args].filter((arg) => input === undefined || arg !== '-nostdin'),
    { stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'], env: sparseEnvironment() },
  );
  const guard =
    job === undefined ? null : new Guard(child.pid, job, () => void child.kill('SIGKILL'), signal);
  const stdout: Buffer[] = [];
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr
    ?.setEncoding('utf8')
    .on('data', (chunk: string) => (said = (said + chunk).slice(0, MOST_SAID)));
  const ended = once(child, 'close').catch((cause: unknown) => {
    throw new InfrastructureFailure(`${binary}: ffmpeg could not be run`, { cause });
  });
  try {
    if (input !== undefined && child.stdin !== null) {
      // A reader that ends early closes the pipe; its exit code and last words say why.
      child.stdin.on('error', () => undefined);
      for await (const chunk of input) {
        if (child.stdin.destroyed) break;
        if (!child.stdin.write(chunk)) await Promise.race([once(child.stdin, 'drain'), ended]);
      }
      child.stdin.end();
    }
    const [code, how] = (await ended) as [number | null, string | null];
    guard?.refuse();
    if (job !== undefined) refuseUntimelyEnd(job.path, how, said);
    const reason = lastLine(said);
    return {
      code,
      stdout: Buffer.concat(stdout),
      stderr: said,
      reason: reason === '' ? `exit code ${code}` : reason,
    };
  } finally {
    guard?.release();
  }
}

/** Throws when a signal ended a process that nobody here had ended. */
export function refuseUntimelyEnd(path: string, how: string | null, said: string): void {
  if (how === null) return;
  const words = lastLine(said);
  const told = words === '' ? how : `${how}: ${words}`;
  if (isCrash(how)) throw crashedOn(path, told);
  throw new InfrastructureFailure(`${path}: the process that decodes ended in the midst of it (${told})`);
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}
