import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { UserError } from '../../domain/failures.js';
import { homeAt } from '../../infra/home/home.js';
import { checkDisk, checkPorts } from '../../infra/services/checks.js';
import { lastLines, rotateLog } from '../../infra/services/logs.js';
import { choosePorts, LOOPBACK } from '../../infra/services/ports.js';
import { identify, isAlive } from '../../infra/services/processes.js';

const MIB = 1024 * 1024;

describe('the check of the disk', () => {
  it('passes with room to spare', () => {
    expect(() => {
      checkDisk(homeAt(tmpdir()), { freeBytes: 5_000 * MIB, totalBytes: 100_000 * MIB });
    }).not.toThrow();
  });

  it('refuses a full one, with what is free, what is needed and what to do', () => {
    const message = caught(() => {
      checkDisk(homeAt(tmpdir()), { freeBytes: 20 * MIB, totalBytes: 10_000 * MIB });
    });
    expect(message).toMatch(/is full: 20 MiB free of 10000 MiB, expected more than 256 MiB/);
  });

  it('refuses one below the hundredth that the object store insists on', () => {
    expect(
      caught(() => {
        checkDisk(homeAt(tmpdir()), { freeBytes: 9_000 * MIB, totalBytes: 1_000_000 * MIB });
      }),
    ).toContain('expected more than 10000 MiB');
  });
});

describe('the check of the ports', () => {
  it('names a taken port, its setting, who has it, and what to type', async () => {
    const home = homeAt(mkdtempSync(join(tmpdir(), 'ruminate-ports-')));
    const ports = await choosePorts(home.root);
    const stranger = createServer();
    await new Promise<void>((resolve) => stranger.listen(ports.minio, LOOPBACK, resolve));
    try {
      const error: unknown = await checkPorts(home, ports).catch((thrown: unknown) => thrown);
      if (!(error instanceof UserError)) throw new Error('no UserError');
      expect(error.message).toContain(`port ${ports.minio} ("ports.minio")`);
      expect(error.message).toContain(home.settingsFile);
      if (process.platform === 'linux') expect(error.message).toContain(`process ${process.pid}`);
      expect(error.hint).toContain('ruminate up --new-ports');
    } finally {
      await new Promise((resolve) => stranger.close(resolve));
      rmSync(home.root, { recursive: true });
    }
  });

  it('chooses others than those that are taken or to be avoided', async () => {
    const first = await choosePorts('/x');
    const second = await choosePorts('/x', Object.values(first));
    expect(Object.values(first).filter((port) => Object.values(second).includes(port))).toEqual([]);
  });
});

describe('a process', () => {
  it('is told apart from a later one of the same number', () => {
    const self = identify(process.pid);
    if (self === null) throw new Error('we do not run');
    expect(isAlive(self)).toBe(true);
    expect(isAlive({ ...self, started: `${self.started}0` })).toBe(false);
  });
});

describe('a log', () => {
  it('is set aside past its limit while its writer goes on', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ruminate-logs-'));
    const file = join(folder, 'a.log');
    for (const generation of ['first', 'second', 'third']) {
      writeFileSync(file, `${generation}\n`.repeat(10));
      expect(rotateLog(file, 20)).toBe(true);
    }
    appendFileSync(file, 'now\n');
    expect(rotateLog(file, 20)).toBe(false);
    expect(readFileSync(file, 'utf8')).toBe('now\n');
    expect(lastLines(`${file}.1`, 1)).toEqual(['third']);
    expect(lastLines(`${file}.2`, 2)).toEqual(['second', 'second']);
    expect(rotateLog(join(folder, 'none.log'))).toBe(false);
    expect(lastLines(join(folder, 'none.log'), 5)).toEqual([]);
    rmSync(folder, { recursive: true });
  });
});

function caught(action: () => void): string {
  try {
    action();
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}
