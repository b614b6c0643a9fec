import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { InfrastructureFailure } from '../../domain/failures.js';

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

/**
 * The output of an ffmpeg binary in pieces of `bytes`, as they are taken: a full pipe makes it wait, and a consumer
 * that breaks off ends it. What it complained of is in `ended` when the pieces are over.
 */
export async function* piecesOf(
  binary: string,
  args: readonly string[],
  bytes: number,
  ended: { reason: string },
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted();
  const child = spawn(binary, ['-hide_banner', '-nostdin', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = (): void => void child.kill('SIGKILL');
  signal?.addEventListener('abort', kill, { once: true });
  const closed = once(child, 'close').catch((cause: unknown) => {
    throw new InfrastructureFailure(`${binary}: ffmpeg could not be run`, { cause });
  });
  closed.catch(() => undefined);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-4096)));
  try {
    let piece = new Uint8Array(bytes);
    let filled = 0;
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length;) {
        const part = chunk.subarray(at, at + bytes - filled);
        piece.set(part, filled);
        [at, filled] = [at + part.length, filled + part.length];
        if (filled < bytes) continue;
        yield piece;
        signal?.throwIfAborted();
        [piece, filled] = [new Uint8Array(bytes), 0];
      }
    }
    const [code] = (await closed) as [number | null];
    signal?.throwIfAborted();
    ended.reason = said.trim().split('\n').at(-1)?.trim() || `exit code ${code}`;
  } finally {
    signal?.removeEventListener('abort', kill);
    kill();
  }
}
