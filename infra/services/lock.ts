import { closeSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { InfrastructureFailure } from '../../domain/failures.js';
import { isNodeError, readTextIfThere } from '../home/files.js';
import type { Home } from '../home/home.js';
import { identify, isAlive, type ProcessIdentity } from './processes.js';

const PATIENCE_MS = 120_000;

/** Only one start of a home at a time: a second one waits, and then finds the services running. */
export async function withStartLock<T>(
  home: Home,
  onProgress: (line: string) => void,
  action: () => Promise<T>,
): Promise<T> {
  const file = join(home.runFolder, 'up.lock');
  const deadline = Date.now() + PATIENCE_MS;
  let said = false;
  while (!take(file)) {
    const holder = holderOf(file);
    if (holder === null || !isAlive(holder)) {
      setAside(file);
      continue;
    }
    if (!said)
      onProgress(`another start of ${home.root} is at work (process ${holder.pid}): waiting for it …`);
    said = true;
    if (Date.now() > deadline) {
      throw new InfrastructureFailure(
        `process ${holder.pid} has been starting the services of ${home.root} for two minutes; stop it and try again`,
      );
    }
    await sleep(100);
  }
  try {
    return await action();
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string): boolean {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'wx', 0o600);
  } catch (error) {
    if (isNodeError(error) && error.code === 'EEXIST') return false;
    throw error;
  }
  writeSync(descriptor, JSON.stringify(identify(process.pid)));
  closeSync(descriptor);
  return true;
}

/** Null for a lock that was cut off while it was written. */
function holderOf(file: string): ProcessIdentity | null {
  try {
    const parsed: unknown = JSON.parse(readTextIfThere(file) ?? 'null');
    if (typeof parsed !== 'object' || parsed === null || !('pid' in parsed) || !('started' in parsed))
      return null;
    const { pid, started } = parsed;
    return typeof pid === 'number' && typeof started === 'string' ? { pid, started } : null;
  } catch {
    return null;
  }
}

/** Renaming is atomic: of two that find the same dead holder, one moves its lock and the other finds none. */
function setAside(file: string): void {
  try {
    renameSync(file, `${file}.stale`);
  } catch (error) {
    if (!isNodeError(error) || error.code !== 'ENOENT') throw error;
  }
}
