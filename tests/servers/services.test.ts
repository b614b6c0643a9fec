import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { Connection } from '@temporalio/client';
import { afterAll, afterEach, describe, expect, it } from 'vitest';

import { InfrastructureFailure, UserError } from '../../domain/failures.js';
import { type Home, homeAt, temporalStateFile } from '../../infra/home/home.js';
import { readSettings } from '../../infra/home/settings.js';
import { connectionInfo } from '../../infra/services/connection.js';
import { down } from '../../infra/services/down.js';
import { launch } from '../../infra/services/launch.js';
import { LOOPBACK } from '../../infra/services/ports.js';
import { markedProcesses } from '../../infra/services/processes.js';
import { livingSupervisor, status } from '../../infra/services/status.js';
import { SEARCH_ATTRIBUTES } from '../../infra/services/temporal.js';
import { up, type UpOptions } from '../../infra/services/up.js';
import { compiled } from '../../infra/services/workers.js';
import { resolveBinary } from '../../infra/setup/binaries.js';
import { s3Store } from '../../infra/store/s3.js';
import { eventually, listenAddresses, LOOPBACK_HEX } from '../support/processes.js';

/** Real servers, without workers: those have tests of their own. */
const serversOnly = { workers: [] } as const satisfies Partial<UpOptions>;

/** One home that keeps running through the tests that disturb it and find it healed; others get their own. */
const shared = newHome();
const own: Home[] = [];
afterEach(async () => {
  for (const home of own.splice(0)) await remove(home);
});
afterAll(() => remove(shared));

describe('up', () => {
  it('has Temporal and MinIO ready in under 10 s, and answers in under 1 s when they run', async () => {
    const home = shared;
    const first = await timed(() => up({ home, ...serversOnly }));
    expect(first.result.already).toBe(false);
    expect(first.ms).toBeLessThan(10_000);
    expect(first.result.services.map(({ role, state }) => [role, state])).toEqual([
      ['supervisor', 'running'],
      ['temporal', 'running'],
      ['minio', 'running'],
    ]);
    const second = await timed(() => up({ home, ...serversOnly }));
    expect(second.ms).toBeLessThan(1_000);
    expect(second.result).toEqual({ ...first.result, already: true });
  });

  it('gives Temporal its search attributes and 30 days, and MinIO its bucket', async () => {
    const home = shared;
    await up({ home, ...serversOnly });
    const { temporalAddress, s3 } = connectionInfo(home);
    const connection = await Connection.connect({ address: temporalAddress });
    try {
      const { customAttributes } = await connection.operatorService.listSearchAttributes({
        namespace: 'default',
      });
      expect(customAttributes).toMatchObject({
        RuminateStage: 2,
        RuminateState: 2,
        RuminateCurriculum: 2,
        RuminateStep: 3,
        RuminateAccuracy: 4,
        RuminateReward: 4,
      });
      expect(Object.keys(SEARCH_ATTRIBUTES)).toHaveLength(6);
      const { config } = await connection.workflowService.describeNamespace({ namespace: 'default' });
      expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 24 * 3600);
    } finally {
      await connection.close();
    }
    const store = s3Store(s3);
    const ref = await store.put('a/b', Buffer.from('x'), 'turn');
    expect(ref.uri).toBe(`s3://${s3.bucket}/a/b`);
  });

  it('listens on loopback addresses only', async () => {
    const home = shared;
    const { services } = await up({ home, ...serversOnly });
    for (const { role, pid } of services) {
      if (pid === null) throw new Error(`${role} has no process`);
      const addresses = listenAddresses(pid);
      if (role !== 'supervisor') expect(addresses.length, role).toBeGreaterThan(0);
      expect(
        addresses.filter((address) => !LOOPBACK_HEX.includes(address)),
        role,
      ).toEqual([]);
    }
  });

  it('starts the services once when two ask at the same moment', async () => {
    const home = ownHome();
    const results = await Promise.all([up({ home, ...serversOnly }), up({ home, ...serversOnly })]);
    expect(results[0].services).toEqual(results[1].services);
    expect(markedProcesses(home.root)).toHaveLength(2);
  });

  it('names a taken port and starts nothing; --new-ports goes on with the same objects', async () => {
    const home = ownHome();
    await up({ home, ...serversOnly });
    const ref = await s3Store(connectionInfo(home).s3).put('kept', Buffer.from('x'), 'turn');
    await down({ home });
    const taken = readSettings(home)?.ports.temporalUi ?? 0;
    const stranger = createServer();
    await new Promise<void>((resolve) => stranger.listen(taken, LOOPBACK, resolve));
    try {
      await expect(up({ home, ...serversOnly })).rejects.toThrow(`port ${taken} ("ports.temporalUi")`);
      expect(livingSupervisor(home)).toBeNull();
      await up({ home, ...serversOnly, newPorts: true });
      expect(readSettings(home)?.ports.temporalUi).not.toBe(taken);
      expect(Buffer.from(await s3Store(connectionInfo(home).s3).get(ref)).toString()).toBe('x');
    } finally {
      await new Promise((resolve) => stranger.close(resolve));
    }
  });

  it('shows the last lines and the place of the log of a server that dies at its start, and leaves nothing', async () => {
    const home = ownHome();
    const { version } = await resolveBinary('temporal');
    writeFileSync(temporalStateFile(home, version), 'this is not a database '.repeat(100));
    const error: unknown = await up({ home, ...serversOnly }).catch((thrown: unknown) => thrown);
    if (!(error instanceof InfrastructureFailure))
      throw new Error('no InfrastructureFailure', { cause: error });
    expect(error.message).toMatch(/^temporal ended 3 times at its start \(last: exit code 1\)/);
    expect(error.message).toContain(join(home.logsFolder, 'temporal.log'));
    expect(error.message).toContain('not a database');
    expect(markedProcesses(home.root)).toEqual([]);
  });

  it('leaves nothing behind when it is killed while it starts', async () => {
    const home = ownHome();
    const starting = runScript(home, `await up({ home, workers: [] });`);
    await eventually('the supervisor has begun', () => markedProcesses(home.root).length > 0);
    starting.kill('SIGKILL');
    await eventually('all is gone', () => livingSupervisor(home) === null && nothingMarked(home));
  });

  it.each(['SIGINT', 'SIGKILL'] as const)(
    'in the foreground leaves nothing behind after %s',
    async (name) => {
      const home = ownHome();
      const command = runScript(
        home,
        `await upCommand(home, { foreground: true, workers: [] }, { out: console.log, err: console.log });`,
      );
      await eventually('everything runs', async () => running(await status(home)), 20_000);
      command.kill(name);
      await eventually('all is gone', () => livingSupervisor(home) === null && nothingMarked(home), 20_000);
    },
  );
});

describe('running services', () => {
  it('come back when MinIO is killed: same port, same objects, and status tells the truth meanwhile', async () => {
    const home = shared;
    const before = await up({ home, ...serversOnly });
    const store = s3Store(connectionInfo(home).s3);
    const ref = await store.put('kept', Buffer.from('x'), 'turn');
    const minio = before.services.find(({ role }) => role === 'minio')?.pid ?? 0;
    process.kill(minio, 'SIGKILL');
    const during = await status(home);
    expect(during.services.find(({ role }) => role === 'minio')?.state).not.toBe('running');
    await eventually('MinIO runs again', async () => running(await status(home)));
    const after = (await status(home)).services.find(({ role }) => role === 'minio');
    expect(after?.pid).not.toBe(minio);
    expect(Buffer.from(await store.get(ref)).toString()).toBe('x');
  });

  it('are called unresponsive when they run but do not answer', async () => {
    const home = shared;
    const { services } = await up({ home, ...serversOnly });
    const minio = services.find(({ role }) => role === 'minio')?.pid ?? 0;
    process.kill(minio, 'SIGSTOP');
    try {
      await eventually('MinIO is called unresponsive', async () => {
        const { services: now } = await status(home);
        return now.find(({ role }) => role === 'minio')?.state === 'unresponsive';
      });
    } finally {
      process.kill(minio, 'SIGCONT');
    }
  });

  it('that a killed supervisor left are shown as orphaned, and the next up begins anew with their state', async () => {
    const home = shared;
    await up({ home, ...serversOnly });
    const ref = await s3Store(connectionInfo(home).s3).put('kept', Buffer.from('x'), 'turn');
    const supervisor = livingSupervisor(home);
    process.kill(supervisor?.pid ?? 0, 'SIGKILL');
    await eventually('the supervisor is gone', () => livingSupervisor(home) === null);
    expect((await status(home)).services.map(({ state }) => state)).toEqual(['orphaned', 'orphaned']);
    const lines: string[] = [];
    await up({ home, ...serversOnly, onProgress: (line) => lines.push(line) });
    expect(lines.filter((line) => line.includes('left by a supervisor that was killed'))).toHaveLength(2);
    expect(markedProcesses(home.root)).toHaveLength(2);
    expect(Buffer.from(await s3Store(connectionInfo(home).s3).get(ref)).toString()).toBe('x');
  });

  it('of two homes live side by side, and down stops those of one only', async () => {
    const home = ownHome();
    const other = ownHome();
    await Promise.all([up({ home, ...serversOnly }), up({ home: other, ...serversOnly })]);
    const [mine, theirs] = [connectionInfo(home), connectionInfo(other)];
    expect(mine.s3.bucket).not.toBe(theirs.s3.bucket);
    await expect(
      s3Store({ ...theirs.s3, accessKey: mine.s3.accessKey, secretKey: mine.s3.secretKey }).list(''),
    ).rejects.toThrow(UserError);
    const stopped = await down({ home });
    expect(stopped.map(({ role }) => role).sort()).toEqual(['minio', 'supervisor', 'temporal']);
    expect(running(await status(home))).toBe(false);
    expect(running(await status(other))).toBe(true);
  });
});

describe('down', () => {
  it('leaves no process, ends what a killed supervisor left, and does nothing twice', async () => {
    const home = ownHome();
    await up({ home, ...serversOnly });
    process.kill(livingSupervisor(home)?.pid ?? 0, 'SIGKILL');
    await eventually('the supervisor is gone', () => livingSupervisor(home) === null);
    expect((await down({ home })).map(({ role }) => role).sort()).toEqual(['minio', 'temporal']);
    expect(nothingMarked(home)).toBe(true);
    expect(await down({ home })).toEqual([]);
    expect((await status(home)).services.every(({ state }) => state === 'stopped')).toBe(true);
  });
});

describe('a worker', () => {
  it('leaves by itself when its supervisor is killed', async () => {
    const home = ownHome();
    const file = join(home.root, 'worker.mjs');
    writeFileSync(file, `process.send({ type: 'ready' }); setInterval(() => undefined, 1000);`);
    const args = ['--import', compiled('infra/services/leash.js'), file];
    const service = { role: 'cpu', command: process.execPath, args, env: {}, after: [], ipc: true } as const;
    const logFile = join(home.logsFolder, 'cpu.log');
    await launch(
      home,
      { home: home.root, services: [{ ...service, logFile, ready: { type: 'message' } }], prepare: null },
      { stay: true, onProgress: () => undefined },
    );
    process.kill(livingSupervisor(home)?.pid ?? 0, 'SIGKILL');
    await eventually('the worker is gone', () => nothingMarked(home));
  });
});

function ownHome(): Home {
  const home = newHome();
  own.push(home);
  return home;
}

async function remove(home: Home): Promise<void> {
  await down({ home });
  rmSync(home.root, { recursive: true, force: true });
}

function newHome(): Home {
  return homeAt(mkdtempSync(join(tmpdir(), 'ruminate services ')));
}

function nothingMarked(home: Home): boolean {
  return markedProcesses(home.root).length === 0;
}

function running({ services }: Awaited<ReturnType<typeof status>>): boolean {
  return services.length > 0 && services.every(({ state }) => state === 'running');
}

async function timed<T>(action: () => Promise<T>): Promise<{ result: T; ms: number }> {
  const begun = performance.now();
  const result = await action();
  return { result, ms: performance.now() - begun };
}

/** A process of its own that uses the compiled services, as the command line does. */
function runScript(home: Home, code: string): ChildProcess {
  const from = (path: string): string => JSON.stringify(pathToFileURL(compiled(path)).href);
  const script = `
    import { homeAt } from ${from('infra/home/home.js')};
    import { up } from ${from('infra/services/up.js')};
    import { upCommand } from ${from('infra/services/command.js')};
    const home = homeAt(${JSON.stringify(home.root)});
    ${code}
  `;
  return spawn(process.execPath, ['--input-type=module', '--eval', script], { stdio: 'ignore' });
}
