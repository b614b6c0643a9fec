import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { InfrastructureFailure } from '../../domain/failures.js';
import type { Home } from '../home/home.js';
import type { Keyring } from './keys.js';

/**
 * How keys get from the shell in which a command is typed to the worker that was started long before: by a socket in
 * the home's own folder, which no other user may enter, from memory to memory.
 */
export async function openKeyDoor(home: Home, keyring: Keyring): Promise<Server> {
  const path = doorOf(home);
  const server = createServer((socket) => {
    let said = '';
    socket.setEncoding('utf8');
    socket.on('error', () => undefined);
    socket.on('data', (piece: string) => {
      said += piece;
      if (said.length > MOST_CHARACTERS) socket.destroy();
      if (!said.endsWith('\n')) return;
      keyring.hand(keysIn(said));
      socket.end('ok\n');
    });
  });
  if (process.platform !== 'win32') {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    refuseForeign(path);
    // What a killed worker has left; one that still lives has other work by now, and goes without.
    rmSync(path, { force: true });
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  if (process.platform !== 'win32') chmodSync(path, 0o600);
  server.unref();
  return server;
}

/** Hands keys to the worker of a home. Tries for a while, because it may just be starting. */
export async function handKeys(
  home: Home,
  keys: Readonly<Record<string, string>>,
  withinMs = 10_000,
): Promise<void> {
  if (Object.keys(keys).length === 0) return;
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      const path = doorOf(home);
      refuseForeign(path);
      await handOnce(path, keys);
      return;
    } catch (cause) {
      if (Date.now() > deadline)
        throw new InfrastructureFailure(
          'the worker that calls models does not take its keys: see ruminate status',
          { cause },
        );
      await sleep(200);
    }
  }
}

function handOnce(path: string, keys: Readonly<Record<string, string>>): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    let said = '';
    socket.setTimeout(5_000, () => socket.destroy(new Error('no answer')));
    socket.on('connect', () => socket.write(`${JSON.stringify(keys)}\n`));
    socket.on('data', (piece: Buffer) => (said += piece.toString()));
    socket.on('error', reject);
    socket.on('close', () => {
      if (said === 'ok\n') resolve();
      else reject(new Error('closed without an answer'));
    });
  });
}

const MOST_CHARACTERS = 65_536;
/** Longest path that a socket may have, on every system. */
const LONGEST_PATH = 100;

/** In the home; elsewhere where its path is too long for a socket, under a name that only this user can have made. */
function doorOf({ root, runFolder }: Home): string {
  const name = `ruminate-${createHash('sha256').update(root).digest('hex').slice(0, 16)}`;
  if (process.platform === 'win32') return `\\\\.\\pipe\\${name}`;
  const inside = join(runFolder, 'keys.sock');
  return inside.length <= LONGEST_PATH
    ? inside
    : join(tmpdir(), `${name}-${process.getuid?.() ?? 0}`, 'keys.sock');
}

/** A folder that somebody else made, or may write to, gets no key. */
function refuseForeign(path: string): void {
  if (process.platform === 'win32') return;
  const { uid, mode } = lstatSync(dirname(path));
  if (uid !== process.getuid?.() || (mode & 0o022) !== 0)
    throw new Error(`${dirname(path)} is open to other users`);
}

function keysIn(line: string): Readonly<Record<string, string>> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value !== 'object' || value === null) return {};
    return Object.fromEntries(
      Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
    );
  } catch {
    return {};
  }
}
