import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { identify, isAlive, markedProcesses, type ProcessIdentity } from '../../infra/services/processes.js';
import type { ServiceRecord, ServiceSpec } from '../../infra/services/spec.js';
import { Supervisor } from '../../infra/services/supervisor.js';
import { eventually } from '../support/processes.js';

let folder: string;
let supervisors: Supervisor[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ruminate-supervisor-'));
  supervisors = [];
});
afterEach(async () => {
  await Promise.all(supervisors.map((supervisor) => supervisor.stop()));
  rmSync(folder, { recursive: true, force: true });
});

const quick = { firstPauseMs: 20, longestPauseMs: 200, graceMs: 400, silentReadyMs: 20_000 };

describe('the supervisor', () => {
  it('starts a child again that was killed, and counts it', async () => {
    const supervisor = supervise([script('worker', LIVES)]);
    const first = await running(supervisor, 'worker');
    process.kill(first.pid, 'SIGKILL');
    await eventually('another process', () => {
      const now = recordOf(supervisor, 'worker');
      return now.state === 'running' && now.pid !== first.pid;
    });
    expect(recordOf(supervisor, 'worker')).toMatchObject({ restarts: 1, lastEnd: 'signal SIGKILL' });
  });

  it('waits longer after each death in a row, up to a bound', async () => {
    const events: string[] = [];
    const supervisor = supervise([script('worker', 'process.exit(3)')], {
      onEvent: (line) => events.push(line),
    });
    await eventually('five deaths', () => recordOf(supervisor, 'worker').failures >= 5);
    const pauses = events.flatMap((line) => /exit code 3\); again in (\d+) ms/.exec(line)?.[1] ?? []);
    expect(pauses.slice(0, 5)).toEqual(['20', '40', '80', '160', '200']);
  });

  it('forgets deaths after a long life', async () => {
    const supervisor = supervise([script('worker', 'setTimeout(() => process.exit(1), 120)')], {
      timing: { ...quick, longLifeMs: 100 },
    });
    await eventually('three restarts', () => recordOf(supervisor, 'worker').restarts >= 3);
    expect(recordOf(supervisor, 'worker').failures).toBeLessThanOrEqual(1);
  });

  it('starts a service only after what it needs answers, and stops it before', async () => {
    const order: string[] = [];
    const supervisor = supervise([{ ...script('late', LIVES), after: ['early'] }, script('early', LIVES)], {
      onEvent: (line) => order.push(line.replace(/process \d+ /, '').replace(/ \(.*/, '')),
    });
    await running(supervisor, 'late');
    await supervisor.stop();
    expect(order).toEqual([
      'early: started',
      'early: is ready',
      'late: started',
      'late: is ready',
      'late: stopped',
      'early: stopped',
    ]);
  });

  it('counts a worker that says nothing as running after a while', async () => {
    const supervisor = supervise([script('silent', 'setInterval(() => {}, 1e3)')], {
      timing: { ...quick, silentReadyMs: 50 },
    });
    expect(recordOf(supervisor, 'silent').state).toBe('starting');
    await running(supervisor, 'silent');
  });

  it('brings a server into shape before what waits for it starts, and tries again until that works', async () => {
    let attempts = 0;
    const server = 'require("http").createServer((q, r) => r.end()).listen(+process.env.PORT, "127.0.0.1")';
    const port = 20_000 + (process.pid % 10_000);
    const supervisor = supervise(
      [
        {
          ...script('server', server),
          env: { PORT: String(port) },
          ready: { type: 'http', url: `http://127.0.0.1:${port}/` },
        },
        { ...script('worker', LIVES), after: ['server'] },
      ],
      {
        prepare: (role) => {
          if (role !== 'server') return Promise.resolve();
          attempts += 1;
          expect(recordOf(supervisor, 'worker').state).toBe('waiting');
          return attempts < 3 ? Promise.reject(new Error('not yet')) : Promise.resolve();
        },
      },
    );
    await running(supervisor, 'worker');
    expect(attempts).toBe(3);
  });

  it('kills a child that does not listen to SIGTERM, after the grace', async () => {
    const supervisor = supervise([
      script(
        'deaf',
        'process.on("SIGTERM", () => {}); process.send({type: "ready"}); setInterval(() => {}, 1e3)',
      ),
    ]);
    const child = await running(supervisor, 'deaf');
    await supervisor.stop();
    expect(isAlive(child)).toBe(false);
    expect(recordOf(supervisor, 'deaf')).toMatchObject({ state: 'stopped', lastEnd: 'signal SIGKILL' });
  });

  it('leaves nothing behind: not even what a killed child had started', async () => {
    const supervisor = supervise([script('parent', WITH_HELPER)]);
    const parent = await running(supervisor, 'parent');
    const helper = await helperOf(folder);
    process.kill(parent.pid, 'SIGKILL');
    await eventually('the helper of the killed child is gone', () => !isAlive(helper));
    await supervisor.stop();
    expect(markedProcesses(folder)).toEqual([]);
  });

  it('does not start again what ends while it is stopping', async () => {
    const supervisor = supervise([script('worker', 'setTimeout(() => process.exit(1), 60)')]);
    await eventually('a restart is due', () => recordOf(supervisor, 'worker').state === 'restarting');
    await supervisor.stop();
    const restarts = recordOf(supervisor, 'worker').restarts;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(recordOf(supervisor, 'worker')).toMatchObject({ restarts, state: 'stopped', pid: null });
  });

  it('records a program that cannot be started as a death with its reason', async () => {
    const supervisor = supervise([{ ...script('none', ''), command: join(folder, 'no-such-program') }]);
    await eventually('a death', () => recordOf(supervisor, 'none').failures > 0);
    expect(recordOf(supervisor, 'none').lastEnd).toContain('ENOENT');
  });

  it('outlives a log that cannot be opened, and tries again', async () => {
    const spec = script('worker', LIVES);
    const supervisor = supervise([{ ...spec, logFile: join(folder, 'later', 'worker.log') }]);
    await eventually('a death', () => recordOf(supervisor, 'worker').failures > 0);
    mkdirSync(join(folder, 'later'));
    await running(supervisor, 'worker');
  });

  it('keeps what a child says in its log', async () => {
    const supervisor = supervise([
      script('talker', 'console.log("out"); console.error("err"); setInterval(() => {}, 1e3)'),
    ]);
    await eventually('both lines', () => readFileSync(join(folder, 'talker.log'), 'utf8') === 'out\nerr\n');
    await supervisor.stop();
  });

  it('refuses a plan in which a service waits for one that is not there', () => {
    expect(() => supervise([{ ...script('a', ''), after: ['b'] }])).toThrow(/a waits for b/);
  });
});

const LIVES = 'process.send({ type: "ready" }); setInterval(() => {}, 1e3);';

const WITH_HELPER = `
  const helper = require('child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e3)'], { stdio: 'ignore' });
  require('fs').writeFileSync('helper.pid', String(helper.pid));
  process.send({ type: 'ready' });
  setInterval(() => {}, 1e3);
`;

async function helperOf(home: string): Promise<ProcessIdentity> {
  await eventually('the helper started', () => readPid(home) !== null);
  const helper = identify(readPid(home) ?? 0);
  if (helper === null) throw new Error('the helper is gone already');
  return helper;
}

function readPid(home: string): number | null {
  try {
    return Number(readFileSync(join(home, 'helper.pid'), 'utf8')) || null;
  } catch {
    return null;
  }
}

function script(role: string, code: string): ServiceSpec {
  const file = join(folder, `${role}.cjs`);
  writeFileSync(file, code);
  return {
    role,
    command: process.execPath,
    args: [file],
    env: {},
    logFile: join(folder, `${role}.log`),
    after: [],
    ready: { type: 'message' },
    ipc: true,
  };
}

function supervise(
  specs: readonly ServiceSpec[],
  options: Partial<ConstructorParameters<typeof Supervisor>[1]> = {},
): Supervisor {
  const supervisor = new Supervisor(specs, { home: folder, timing: quick, ...options });
  supervisors.push(supervisor);
  supervisor.start();
  return supervisor;
}

function recordOf(supervisor: Supervisor, role: string): ServiceRecord {
  const record = supervisor.records.find((candidate) => candidate.role === role);
  if (record === undefined) throw new Error(`no service ${role}`);
  return record;
}

async function running(supervisor: Supervisor, role: string): Promise<ProcessIdentity> {
  await eventually(`${role} runs`, () => recordOf(supervisor, role).state === 'running');
  const { pid, started } = recordOf(supervisor, role);
  if (pid === null || started === null) throw new Error(`${role} runs without a process`);
  return { pid, started };
}
