import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { count } from '../../infra/setup/checks.mjs';
import { ensurePackages, matches } from '../../infra/setup/packages.mjs';
import { projectRoot } from '../../infra/setup/paths.js';
import { scratch } from './support.js';

const root = projectRoot();
const MAIN = `
console.log('args ' + process.argv.slice(2).join(' '));
process.on('SIGTERM', () => process.exit(9));
if (process.argv.includes('--wait')) { console.log('waiting'); setInterval(() => undefined, 1000); }
else process.exit(7);
`;

/** A checkout in small: the real set-up scripts and packages around three little sources. */
async function checkout(): Promise<string> {
  const house = await scratch();
  for (const file of ['package.json', 'package-lock.json']) await cp(join(root, file), join(house, file));
  await mkdir(join(house, 'infra', 'setup'), { recursive: true });
  for (const name of ['bootstrap', 'checks', 'compile', 'packages', 'say']) {
    await cp(join(root, 'infra', 'setup', `${name}.mjs`), join(house, 'infra', 'setup', `${name}.mjs`));
  }
  // The stamp says that packages are in place: nothing here may ever install into the real folder.
  await mkdir(join(house, 'node_modules'));
  for (const name of ['typescript', '@types', 'undici-types']) {
    await symlink(join(root, 'node_modules', name), join(house, 'node_modules', name));
  }
  const lock = await readFile(join(house, 'package-lock.json'));
  await put(house, 'node_modules/.ruminate-lock', createHash('sha256').update(lock).digest('hex'));
  const { compilerOptions } = JSON.parse(await readFile(join(root, 'tsconfig.json'), 'utf8')) as {
    compilerOptions: object;
  };
  await put(house, 'tsconfig.json', JSON.stringify({ compilerOptions, include: ['infra', 'cli'] }));
  await put(house, 'infra/setup/prepare.ts', 'export async function prepareTools(): Promise<void> {}\n');
  await put(house, 'cli/main.ts', MAIN);
  await put(house, 'cli/words.yaml', 'a: 1\n');
  return house;
}

async function put(house: string, path: string, text: string): Promise<void> {
  await mkdir(join(house, path, '..'), { recursive: true });
  await writeFile(join(house, path), text);
}

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the set-up; `onText` sees what it prints so far and may send signals. */
function bootstrap(
  house: string,
  args: readonly string[],
  onText?: (out: string, pid: number) => void,
): Promise<Ended> {
  const child = spawn(process.execPath, [join(house, 'infra/setup/bootstrap.mjs'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    if (child.pid !== undefined) onText?.(out, child.pid);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })));
}

describe('npm start', () => {
  test('compiles once, hands over the arguments and passes on the exit code', async () => {
    const house = await checkout();
    const first = await bootstrap(house, ['ruminate', 'list', '--json']);
    expect(first).toMatchObject({ code: 7, err: '' });
    expect(first.out).toContain('compiling');
    expect(first.out).toContain('args list --json');
    expect(await readFile(join(house, 'dist/cli/words.yaml'), 'utf8')).toBe('a: 1\n');

    const second = await bootstrap(house, ['start', '--seed', '3']);
    expect(second).toEqual({ code: 7, out: 'args run configs/mini.yaml --watch --seed 3\n', err: '' });
  });

  test('compiles again after a change, and forgets the output of a source that is gone', async () => {
    const house = await checkout();
    await put(house, 'cli/old.ts', 'export const old = 1;\n');
    await bootstrap(house, ['build']);
    await expect(readFile(join(house, 'dist/cli/old.js'))).resolves.toBeDefined();
    await rm(join(house, 'cli/old.ts'));
    expect((await bootstrap(house, ['build'])).out).toContain('compiling');
    await expect(readFile(join(house, 'dist/cli/old.js'))).rejects.toThrow('ENOENT');
  });

  test('passes a signal on and ends with the exit code of what it started', async () => {
    const house = await checkout();
    let sent = false;
    const ended = await bootstrap(house, ['ruminate', '--wait'], (out, pid) => {
      if (!sent && out.includes('waiting')) sent = process.kill(pid, 'SIGTERM');
    });
    expect(ended.code).toBe(9);
  });

  test('tells a type error in one message, without a stack, each time until it is mended', async () => {
    const house = await checkout();
    await put(house, 'cli/wrong.ts', 'export const wrong: number = "word";\n');
    for (let time = 0; time < 2; time += 1) {
      const { code, err } = await bootstrap(house, ['build']);
      expect(code).toBe(2);
      expect(err).toContain('cli/wrong.ts(1,14): error TS2322');
      expect(err).not.toMatch(/^\s+at /m);
    }
  });

  test('refuses a task it does not know, naming those it knows', async () => {
    const { code, err } = await bootstrap(await checkout(), ['fly']);
    expect(code).toBe(2);
    expect(err).toContain(
      `expected one of start, test, check, build, bench, bench-engine, bench-video, ruminate; got 'fly'`,
    );
  });
});

describe('packages', () => {
  const entry = (version: string, more: object = {}) => ({
    version,
    integrity: `sha512-${version}`,
    ...more,
  });

  test('are not installed again while the stamp is that of the lock', async () => {
    const house = await scratch();
    const lock = { packages: { '': {}, 'node_modules/a': entry('1.0.0') } };
    await put(house, 'package-lock.json', JSON.stringify(lock));
    await put(
      house,
      'node_modules/.package-lock.json',
      JSON.stringify({ packages: { 'node_modules/a': entry('1.0.0') } }),
    );
    expect(await ensurePackages(house)).toBe(false);
    const stamp = await readFile(join(house, 'node_modules/.ruminate-lock'), 'utf8');
    expect(stamp).toMatch(/^[0-9a-f]{64}$/);
    // With the stamp, nothing else is looked at.
    await rm(join(house, 'node_modules/.package-lock.json'));
    expect(await ensurePackages(house)).toBe(false);
  });

  test('match the lock when all are there at their versions and none besides', () => {
    const lock = { packages: { '': {}, a: entry('1.0.0'), other: entry('2.0.0', { optional: true }) } };
    expect(matches(lock, { packages: { a: entry('1.0.0') } })).toBe(true);
    expect(matches(lock, { packages: { a: entry('1.0.1') } })).toBe(false);
    expect(matches(lock, { packages: {} })).toBe(false);
    expect(matches(lock, { packages: { a: entry('1.0.0'), b: entry('1.0.0') } })).toBe(false);
  });
});

describe('the count of npm test', () => {
  const file = (status: string, tests: string[]) => ({
    name: join(root, 'tests/x.test.ts'),
    status,
    assertionResults: tests.map((each, i) => ({ fullName: `promise ${i}`, status: each })),
  });

  test('names what failed', () => {
    expect(count(root, { testResults: [file('failed', ['passed', 'failed', 'pending'])] })).toEqual({
      passed: 1,
      failed: 1,
      names: ['tests/x.test.ts > promise 1'],
    });
  });

  test('counts a file that does not load as a failure', () => {
    expect(count(root, { testResults: [file('failed', []), file('passed', ['passed'])] })).toEqual({
      passed: 1,
      failed: 1,
      names: ['tests/x.test.ts (the file itself)'],
    });
  });
});
