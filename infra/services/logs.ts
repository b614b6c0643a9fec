import {
  closeSync,
  copyFileSync,
  fstatSync,
  openSync,
  readSync,
  renameSync,
  statSync,
  truncateSync,
} from 'node:fs';

import { isNodeError } from '../home/files.js';

/** A log past this size is set aside as `.1`, the one before it as `.2`. */
export const LOG_LIMIT_BYTES = 10 * 1024 * 1024;

/**
 * Sets a log aside when it has grown past the limit, while its writer goes on. The writer holds the file open
 * for appending, so the file is copied and emptied, not renamed: its next line lands at the new beginning.
 */
export function rotateLog(file: string, limitBytes = LOG_LIMIT_BYTES): boolean {
  if (sizeOf(file) <= limitBytes) return false;
  if (sizeOf(`${file}.1`) >= 0) renameSync(`${file}.1`, `${file}.2`);
  copyFileSync(file, `${file}.1`);
  truncateSync(file, 0);
  return true;
}

/** The last lines of a log that say something; empty where there is no log. Reads at most the last 16 KiB. */
export function lastLines(file: string, count: number): readonly string[] {
  let descriptor: number;
  try {
    descriptor = openSync(file, 'r');
  } catch (error) {
    if (isNodeError(error) && error.code === 'ENOENT') return [];
    throw error;
  }
  try {
    const size = fstatSync(descriptor).size;
    const tail = Buffer.alloc(Math.min(size, 16 * 1024));
    readSync(descriptor, tail, 0, tail.length, size - tail.length);
    return tail
      .toString('utf8')
      .split('\n')
      .filter((line) => line.trim() !== '')
      .slice(-count);
  } finally {
    closeSync(descriptor);
  }
}

/** Bytes, or −1 where there is no file. */
function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (error) {
    if (isNodeError(error) && error.code === 'ENOENT') return -1;
    throw error;
  }
}
