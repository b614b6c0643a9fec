import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { closeSync, openSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BugFailure, InfrastructureFailure, UserError } from '../../domain/failures.js';
import { lastLines, rotateLog } from '../services/logs.js';
import { Connection } from './connection.js';
import { engineSources } from './python.js';
import { PROTOCOL } from './schema.js';

export interface ProcessOptions {
  /** A Python with the packages: see `requirePython`. */
  readonly python: string;
  /** What of the package is run: an engine that trains, or a sampler. Default: the engine. */
  readonly module?: 'ruminate_torch' | 'ruminate_torch.vllm_sampler';
  /** Everything that the process writes goes to the end of this file. */
  readonly logFile: string;
  /** A busy process that says nothing for so long, not even a heartbeat, is ended. Default: two minutes. */
  readonly silenceMs?: number;
}

export interface TorchProcess {
  readonly connection: Connection;
  readonly pid: number;
  readonly versions: Readonly<Record<string, string | null>>;
  /** Resolves once the process has ended, however it ended. */
  readonly ended: Promise<void>;
  /** Ends it: politely, by letting go of its leash, then by force. */
  close(): Promise<void>;
}

const HELLO_WITHIN_MS = 120_000;
const SILENCE_MS = 120_000;
const GRACE_MS = 10_000;
/** Longest path of a Unix socket, by the stricter of Linux (107) and macOS (103). */
const MOST_PATH_BYTES = 103;

/**
 * Starts the Python side. We listen on a socket in a folder that only we can enter; the process connects, shows the
 * token that it was given on its standard input, and nobody else is let in. Its standard input stays open: when we die,
 * by whatever means, it ends, and the process with it.
 */
export async function startProcess(options: ProcessOptions): Promise<TorchProcess> {
  const folder = await mkdtemp(join(tmpdir(), 'rt-'));
  const path = join(folder, 's');
  if (Buffer.byteLength(path) > MOST_PATH_BYTES)
    throw new UserError(`${tmpdir()} is too long a path for a local socket`, 'set TMPDIR to a shorter one');
  const token = randomBytes(32).toString('hex');
  const server = createServer();
  const removed = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    await new Promise<void>((resolve, reject) => server.once('error', reject).listen(path, resolve));
    const child = launch(options, JSON.stringify({ socket: path, token }), folder);
    child.once('close', () => void removed());
    return await greeted(server, child, token, options);
  } catch (error) {
    await removed();
    throw error;
  } finally {
    server.close();
  }
}

/** @param folder for what it writes for itself alone: killed, it leaves that behind */
function launch(
  { python, module = 'ruminate_torch', logFile }: ProcessOptions,
  firstLine: string,
  folder: string,
): ChildProcess {
  rotateLog(logFile);
  const log = openSync(logFile, 'a', 0o600);
  try {
    const ours = { PYTHONPATH: engineSources(), PYTHONSAFEPATH: '1', PYTHONUNBUFFERED: '1' };
    const env = { ...process.env, ...ours, TMPDIR: folder };
    const child = spawn(python, ['-m', module], { stdio: ['pipe', log, log], env });
    // A process that ends before it has read is told of by its end.
    child.stdin!.on('error', () => undefined);
    child.stdin!.write(`${firstLine}\n`);
    return child;
  } finally {
    closeSync(log);
  }
}

/** Waits for the process to connect and to show its token; whoever else connects is cut off. */
async function greeted(
  server: Server,
  child: ChildProcess,
  token: string,
  { logFile, silenceMs = SILENCE_MS }: ProcessOptions,
): Promise<TorchProcess> {
  const ended = new Promise<void>((resolve) =>
    child.once('close', () => resolve()).once('error', () => resolve()),
  );
  const close = async (): Promise<void> => {
    child.stdin!.end();
    const force = setTimeout(() => child.kill('SIGKILL'), GRACE_MS);
    await ended;
    clearTimeout(force);
  };
  return new Promise<TorchProcess>((resolve, reject) => {
    const fail = (error: Error): void => {
      clearTimeout(late);
      child.kill('SIGKILL');
      reject(error);
    };
    const late = setTimeout(
      () =>
        fail(new InfrastructureFailure(`the Python process did not connect in ${HELLO_WITHIN_MS / 1000} s`)),
      HELLO_WITHIN_MS,
    );
    child.once('error', (cause) => fail(new InfrastructureFailure('Python cannot be started', { cause })));
    void ended.then(() =>
      fail(new InfrastructureFailure(`the Python process ended before it connected${lastWords(logFile)}`)),
    );
    server.on('connection', (socket: Socket) => {
      const connection = new Connection(socket, (hello) => {
        if (!sameToken(hello.token, token)) throw new BugFailure('a stranger connected to the socket');
        if (hello.protocol !== PROTOCOL)
          return fail(
            new BugFailure(`expected protocol ${PROTOCOL} of the Python package, got ${hello.protocol}`),
          );
        clearTimeout(late);
        watch(child, connection, silenceMs);
        void ended.then(() => connection.end(deathOf(child, logFile)));
        resolve({ connection, pid: hello.pid, versions: hello.versions, ended, close });
      });
    });
  });
}

/** A process that computes sends heartbeats from a thread of its own: silence means that it hangs. */
function watch(child: ChildProcess, connection: Connection, silenceMs: number): void {
  const look = setInterval(
    () => {
      if (child.exitCode !== null || child.signalCode !== null) return clearInterval(look);
      if (!connection.busy || Date.now() - connection.heardAtMs < silenceMs) return;
      connection.end(
        new InfrastructureFailure(`the Python process was silent for ${silenceMs / 1000} s and was ended`),
      );
      child.kill('SIGKILL');
    },
    Math.min(1000, silenceMs / 4),
  );
  look.unref();
}

function deathOf({ signalCode, exitCode }: ChildProcess, logFile: string): InfrastructureFailure {
  // The kernel ends a process this way when the machine is out of memory: then there is nothing in the log.
  const how = signalCode === null ? `with code ${exitCode}` : `by ${signalCode}`;
  const memory = signalCode === 'SIGKILL' ? ' (so ends a process when the machine is out of memory)' : '';
  return new InfrastructureFailure(`the Python process ended ${how}${memory}${lastWords(logFile)}`);
}

/** The end of the log, where there is one: what a traceback says last is what it is about. */
function lastWords(logFile: string): string {
  const last = lastLines(logFile, 1).at(-1);
  return last ? `; the last line of ${logFile}: ${last}` : '';
}

function sameToken(shown: string, token: string): boolean {
  const [a, b] = [Buffer.from(shown), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
