import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { BugFailure, InfrastructureFailure } from '../../domain/failures.js';
import { findOnPath, projectRoot } from '../../infra/setup/paths.js';
import { encodeFrame, FrameReader, type Frame } from '../../infra/torch/frames.js';
import { startProcess, type TorchProcess } from '../../infra/torch/process.js';
import { engineSources } from '../../infra/torch/python.js';
import { PROTOCOL } from '../../infra/torch/schema.js';
import { isNodeError } from '../../infra/home/files.js';
import { compiledRooms } from '../support/compiled.js';
import { scratch } from './support.js';

// A busy machine is slow to start programs.
vi.setConfig({ testTimeout: 120_000 });
/** The messages need nothing but Python itself. */
const python = process.env['RUMINATE_PYTHON'] ?? (await findOnPath('python3'));
const { dir, logFile, remove } = scratch();
const started: TorchProcess[] = [];
afterEach(() => Promise.all(started.splice(0).map((one) => one.close())));
afterAll(remove);

async function start(silenceMs?: number): Promise<TorchProcess> {
  const process = await startProcess({ python: python!, logFile, ...(silenceMs && { silenceMs }) });
  started.push(process);
  return process;
}

describe.skipIf(python === null)('the Python process (skipped without python3)', () => {
  it('refuses what is unknown or malformed by name, and goes on', async () => {
    const { connection } = await start();
    await expect(connection.request('dance', {})).rejects.toThrow(
      /^there is no verb 'dance'; there are load, sample/,
    );
    await expect(connection.request('sample', {})).rejects.toThrow('sample before load');
    const load = { model: { type: 'tiny', family: 'qwen2.5-vl', seed: 1 }, threads: 'many' };
    const refused = connection.request('load', load);
    await expect(refused).rejects.toThrow("load.threads: expected a number from 1 to 256, got 'many'");
    await expect(refused).rejects.toBeInstanceOf(BugFailure);
  });

  it('fails what it was asked when it is killed, as infrastructure, and says how it ended', async () => {
    const { connection, pid, ended } = await start();
    process.kill(pid, 'SIGSTOP');
    const asked = connection.request('dance', {});
    process.kill(pid, 'SIGKILL');
    await expect(asked).rejects.toBeInstanceOf(InfrastructureFailure);
    await expect(asked).rejects.toThrow(/SIGKILL|closed the connection|broke off/);
    await ended;
    await expect(connection.request('dance', {})).rejects.toBeInstanceOf(InfrastructureFailure);
  });

  it('is ended when it hangs', async () => {
    const { connection, pid, ended } = await start(300);
    process.kill(pid, 'SIGSTOP');
    await expect(connection.request('dance', {})).rejects.toThrow('was silent for 0.3 s');
    await ended;
  });

  it('ends when its parent is killed', async () => {
    const rooms = [
      'domain',
      'infra/torch',
      'infra/setup',
      'infra/home',
      'infra/services',
      'tests/torch/children',
    ];
    const compiled = await compiledRooms('torch-parent', rooms);
    symlinkSync(join(projectRoot(), 'infra/torch-engine'), join(compiled.folder, 'infra/torch-engine'));
    const parent = fork(join(compiled.folder, 'tests/torch/children/parent.js'), [python!, logFile]);
    const [{ pid }] = (await once(parent, 'message')) as [{ pid: number }];
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await expect.poll(() => isAlive(pid), { timeout: 60_000 }).toBe(false);
    await compiled.remove();
  });

  it.each([
    ['another protocol', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['a request without a number', frame({ type: 'request', verb: 'load' })],
    ['JSON that is no object', spoiled((bytes) => bytes.write('[', 16))],
  ])('ends at once at %s, and says why', async (_, bytes) => {
    const { said, code } = await speakTo(python!, bytes);
    expect(said).toMatchObject({ type: 'fatal', error: { kind: 'bug' } });
    expect(code).toBe(65);
  });
});

function frame(message: Frame['message']): Buffer {
  return Buffer.concat(encodeFrame({ message, blobs: [] }));
}

function spoiled(spoil: (bytes: Buffer) => void): Buffer {
  const bytes = frame({ type: 'request', id: 1, verb: 'load' });
  spoil(bytes);
  return bytes;
}

/** Greets the process as its parent does, and then says these bytes. */
async function speakTo(path: string, bytes: Buffer): Promise<{ said: unknown; code: number | null }> {
  const socketPath = join(dir, 's');
  const server = createServer().listen(socketPath);
  const env = { ...process.env, PYTHONPATH: engineSources() };
  const child = spawn(path, ['-m', 'ruminate_torch'], { env, stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.write(`${JSON.stringify({ socket: socketPath, token: 't' })}\n`);
  const [socket] = (await once(server, 'connection')) as [Socket];
  const reader = new FrameReader();
  const frames: Frame[] = [];
  socket.on('data', (chunk: Buffer) => frames.push(...reader.push(chunk)));
  // The process may be gone before it has read everything.
  socket.on('error', () => undefined);
  // A frame may come in several pieces.
  while (frames.length === 0) await once(socket, 'data');
  expect(frames[0]!.message).toMatchObject({ type: 'hello', protocol: PROTOCOL, token: 't' });
  socket.write(bytes);
  const [code] = (await once(child, 'close')) as [number | null];
  server.close();
  await once(server, 'close');
  return { said: frames[1]?.message, code };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    if (isNodeError(error) && error.code === 'ESRCH') return false;
    throw error;
  }
}
