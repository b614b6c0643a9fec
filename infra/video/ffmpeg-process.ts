import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { InfrastructureFailure } from '../../domain/failures.js';
import { sparseEnvironment } from './allowed.js';
import { Guard } from './guard.js';
import type { VideoLimits } from './limits.js';

/** How a run of ffmpeg ended. `reason` is its last line of complaint. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
  readonly reason: string;
}

/**
 * Runs an ffmpeg binary to its end. Frames go in by stdin, one at a time, so that nobody holds a whole video.
 * Rejects when it cannot be started or is aborted; a non-zero exit code is the caller's to judge.
 */
export async function runFfmpeg(
  binary: string,
  args: readonly string[],
  options: {
    readonly input?: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
    readonly signal?: AbortSignal;
  } = {},
): Promise<Ended> {
  const { input, signal } = options;
  signal?.throwIfAborted();
  const child = spawn(
    binary,
    ['-hide_banner', '-nostdin', ...args].filter((arg) => input === undefined || arg !== '-nostdin'),
    {
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      ...(signal === undefined ? {} : { signal, killSignal: 'SIGKILL' }),
    },
  );
  const stdout: Buffer[] = [];
  const stderr: string[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => stderr.push(chunk));
  const ended = once(child, 'close').catch((cause: unknown) => {
    signal?.throwIfAborted();
    throw new InfrastructureFailure(`${binary}: ffmpeg could not be run`, { cause });
  });
  if (input !== undefined && child.stdin !== null) {
    // A reader that ends early closes the pipe; its exit code and last words say why.
    child.stdin.on('error', () => undefined);
    for await (const chunk of input) {
      if (child.stdin.destroyed) break;
      if (!child.stdin.write(chunk)) await Promise.race([once(child.stdin, 'drain'), ended]);
    }
    child.stdin.end();
  }
  const [code] = (await ended) as [number | null];
  const said = stderr.join('');
  const reason = said.trim().split('\n').at(-1)?.trim() ?? '';
  return {
    code,
    stdout: Buffer.concat(stdout),
    stderr: said,
    reason: reason === '' ? `exit code ${code}` : reason,
  };
}

/** What an ffmpeg said by the end of its output. */
export interface Said {
  text: string;
}

/**
 * The output of an ffmpeg binary in pieces of `bytes`, as they are taken: a full pipe makes it wait. It is ended by a
 * consumer that breaks off, an abort, and the limits on time and memory.
 */
export async function* piecesOf(
  binary: string,
  args: readonly string[],
  bytes: number,
  job: { readonly path: string; readonly limits: VideoLimits },
  said: Said,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted();
  const child = spawn(binary, ['-hide_banner', '-nostdin', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: sparseEnvironment(),
  });
  const kill = (): void => {
    child.kill('SIGKILL');
    child.stdout.destroy();
  };
  const guard = new Guard(child.pid, job, kill, signal);
  const closed = once(child, 'close').catch((cause: unknown) => {
    throw new InfrastructureFailure(`${binary}: ffmpeg could not be run`, { cause });
  });
  closed.catch(() => undefined);
  child.stderr
    .setEncoding('utf8')
    .on('data', (text: string) => (said.text = (said.text + text).slice(-65_536)));
  try {
    let piece = new Uint8Array(bytes);
    let filled = 0;
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length;) {
        const part = chunk.subarray(at, at + bytes - filled);
        piece.set(part, filled);
        at += part.length;
        filled += part.length;
        if (filled < bytes) continue;
        guard.pause();
        yield piece;
        guard.refuse();
        guard.resume();
        piece = new Uint8Array(bytes);
        filled = 0;
      }
    }
    await closed;
  } catch (error) {
    // A pipe that the guard cut off breaks with an error of its own.
    guard.refuse();
    throw error;
  } finally {
    guard.release();
    kill();
  }
  guard.refuse();
}
