import { execFile, spawn } from 'node:child_process';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { UserError } from '../../domain/failures.js';
import type { Environment } from './paths.js';
import { isExecutable, projectRoot } from './paths.js';
import type { BinaryName } from './versions.js';
import { BINARIES } from './versions.js';

export interface GoBuild {
  readonly name: BinaryName;
  /** Path of the go command. */
  readonly go: string;
  /** The binary's final path; it appears whole or not at all. */
  readonly target: string;
  readonly env: Environment;
  readonly onProgress: (line: string) => void;
}

const REMINDER_MS = 15_000;

/**
 * Builds the pinned version from its tools module (`infra/binaries/<name>`: go.sum pins every byte) to a temporary
 * name and renames it. Of several processes that want the same binary one builds, the others wait for it.
 */
export async function buildWithGo(build: GoBuild): Promise<void> {
  await mkdir(dirname(build.target), { recursive: true });
  const lock = `${build.target}.lock`;
  const started = Date.now();
  while (!(await takeLock(lock))) {
    build.onProgress(`${build.name}: another process is building it (${seconds(started)})`);
    await sleep(2_000);
  }
  try {
    if (await isExecutable(build.target)) return;
    const temporary = `${build.target}.${process.pid}.tmp`;
    await compile(build, temporary);
    await rename(temporary, build.target);
  } finally {
    await rm(lock, { force: true });
  }
}

/** Such as "1.26.8". */
export async function goVersion(go: string): Promise<string> {
  const { stdout } = await promisify(execFile)(go, ['env', 'GOVERSION'], { timeout: 20_000 });
  return stdout.trim().replace(/^go/, '');
}

async function compile(build: GoBuild, output: string): Promise<void> {
  const spec = BINARIES[build.name];
  const started = Date.now();
  build.onProgress(`${build.name}: building ${spec.title} ${spec.version} with Go, once, takes minutes`);
  // A user's own flags (-mod=vendor, …) must not change what is built; the sums are checked against go.sum.
  const child = spawn(
    build.go,
    [
      'build',
      '-v',
      '-trimpath',
      '-buildvcs=false',
      '-mod=readonly',
      '-ldflags',
      spec.ldflags,
      '-o',
      output,
      spec.goPackage,
    ],
    {
      cwd: join(projectRoot(), spec.module),
      env: { ...build.env, GOFLAGS: '', GOWORK: 'off', CGO_ENABLED: '0' },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  // With -v, go names each package as it is compiled: a measure of progress, and no part of an error.
  let said = '';
  let packages = 0;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    packages += text.split('\n').length - 1;
    said = (said + text).slice(-4_000);
  });
  const reminder = setInterval(() => {
    build.onProgress(`${build.name}: building, ${seconds(started)}, ${packages} packages so far`);
  }, REMINDER_MS);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve);
  }).finally(() => {
    clearInterval(reminder);
  });
  if (code === 0) {
    build.onProgress(`${build.name}: built in ${seconds(started)}`);
    return;
  }
  await rm(output, { force: true });
  throw new UserError(
    `Building ${spec.title} ${spec.version} with ${build.go} failed (exit code ${code ?? 'none'}). Its last lines:\n` +
      said.trim().split('\n').slice(-5).join('\n'),
    `Check that the Go module proxy can be reached, or install it another way and set ${spec.envVariable}.`,
  );
}

/** False while another living process holds the lock; the lock of a dead one is taken over. */
async function takeLock(path: string): Promise<boolean> {
  try {
    await writeFile(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  const holder = Number(await readFile(path, 'utf8').catch(() => ''));
  if (holder > 0 && isAlive(holder)) return false;
  await rm(path, { force: true });
  return takeLock(path);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function seconds(sinceMs: number): string {
  return `${Math.round((Date.now() - sinceMs) / 1000)} s`;
}
