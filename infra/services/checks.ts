import { statfs } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

import { UserError } from '../../domain/failures.js';
import type { Home } from '../home/home.js';
import type { ServicePorts } from '../home/settings.js';
import { takenPorts } from './ports.js';

/** Less than this, and even an empty installation cannot start. */
const LEAST_FREE_BYTES = 256 * 1024 * 1024;
/** MinIO refuses to write on a disk with less than this part free. */
const LEAST_FREE_PART = 0.01;

/** Sizes of the file system below a folder, in bytes. */
export interface DiskSpace {
  readonly freeBytes: number;
  readonly totalBytes: number;
}

export async function diskSpace(folder: string): Promise<DiskSpace> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

export function checkDisk(home: Home, { freeBytes, totalBytes }: DiskSpace): void {
  const least = Math.max(LEAST_FREE_BYTES, totalBytes * LEAST_FREE_PART);
  if (freeBytes > least) return;
  throw new UserError(
    `the disk below ${home.root} is full: ${mebibytes(freeBytes)} MiB free of ${mebibytes(totalBytes)} MiB, ` +
      `expected more than ${mebibytes(least)} MiB (the object store refuses to write with less)`,
    'Free some space, or set RUMINATE_HOME to a folder on another disk; then start again. Nothing is lost.',
  );
}

/** Waits a little for ports that a process which has just ended still holds: its sockets may close after it counts as gone. */
export async function checkPorts(home: Home, ports: ServicePorts, patienceMs = 2_000): Promise<void> {
  const deadline = Date.now() + patienceMs;
  let taken = await takenPorts(ports);
  while (taken.length > 0 && Date.now() < deadline) {
    await sleep(50);
    taken = await takenPorts(ports);
  }
  if (taken.length === 0) return;
  const list = taken
    .map(({ port, setting, holder }) => `port ${port} ("${setting}") by ${holder ?? 'another program'}`)
    .join(', ');
  throw new UserError(
    `taken on 127.0.0.1: ${list}; the settings are in ${home.settingsFile}`,
    'Stop that program, or type: ruminate up --new-ports (chooses other ports and remembers them).',
  );
}

function mebibytes(bytes: number): string {
  return String(Math.floor(bytes / 1024 / 1024));
}
