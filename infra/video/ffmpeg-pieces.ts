import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { InfrastructureFailure } from '../../domain/failures.js';
import { sparseEnvironment } from './allowed.js';
import { refuseUntimelyEnd } from './ffmpeg-process.js';
import type { Said } from './ffmpeg-said.js';
import type { Job } from './guard.js';
import { Guard } from './guard.js';

/**
 * The output of an ffmpeg binary in pieces of `bytes`, as they are taken: a full pipe makes it wait. It is ended by a
 * consumer that breaks off, an abort, and the limits on time and memory. `pids` holds its id while it lives.
 */
export async function* piecesOf(
  binary: string,
  args: readonly string[],
  bytes: number,
  job: Job,
  said: Said,
  pids: Set<number>,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted();
  const child = spawn(binary, ['-hide_banner', '-nostdin', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: sparseEnvironment(),
  });
  const { pid } = child;
  if (pid !== undefined) pids.add(pid);
  const kill = (): void => {
    child.kill('SIGKILL');
    child.stdout.destroy();
  };
  const guard = new Guard(pid, job, kill, signal);
  const closed = once(child, 'close').catch((cause: unknown) => {
    throw new InfrastructureFailure(`${binary}: ffmpeg could not be run`, { cause });
  });
  const over = closed
    .catch(() => undefined)
    .then(() => {
      said.close();
      if (pid !== undefined) pids.delete(pid);
    });
  child.stderr.setEncoding('utf8').on('data', (text: string) => said.take(text));
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
    const [, how] = (await closed) as [number | null, string | null];
    guard.refuse();
    refuseUntimelyEnd(job.path, how, said.text);
  } catch (error) {
    // A pipe that the guard cut off breaks with an error of its own.
    guard.refuse();
    throw error;
  } finally {
    guard.release();
    kill();
    // The next process begins when this one is gone: so many at a time are then so many.
    await over;
  }
}
