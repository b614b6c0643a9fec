import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../domain/failures.js';
import { cachedPath, resolveBinary } from '../../infra/setup/binaries.js';
import { projectRoot } from '../../infra/setup/paths.js';
import { BINARIES } from '../../infra/setup/versions.js';
import { program, SAYS_TEMPORAL, scratch, SYSTEM_PATH } from './support.js';

/** Writes the file that `-o` names, slowly enough for a second build to come in between, and notes that it ran. */
const FAKE_GO = `
echo run >> "$FAKE_GO_LOG"
while [ "$1" != "-o" ]; do shift; done
sleep 0.5
printf '#!/bin/sh\\necho built\\n' > "$2"
chmod +x "$2"`;

async function machine() {
  const folder = await scratch();
  const env = { RUMINATE_CACHE: join(folder, 'cache'), PATH: `${join(folder, 'bin')}:${SYSTEM_PATH}` };
  return { folder, env, bin: (name: string) => join(folder, 'bin', name) };
}

describe('resolveBinary', () => {
  test('takes the environment variable first, then PATH, then the cache, then Go', async () => {
    const { folder, env, bin } = await machine();
    const given = await program(join(folder, 'given'), SAYS_TEMPORAL);
    const onPath = await program(bin('temporal'), SAYS_TEMPORAL);
    const cached = await program(cachedPath('temporal', env), 'exit 1');
    await program(bin('go'), FAKE_GO);
    const goEnv = { ...env, FAKE_GO_LOG: join(folder, 'log') };

    expect(await resolveBinary('temporal', { env: { ...env, TEMPORAL_BIN: given } })).toEqual({
      path: given,
      version: '9.9.9',
      source: 'environment',
    });
    expect(await resolveBinary('temporal', { env })).toEqual({
      path: onPath,
      version: '9.9.9',
      source: 'path',
    });
    const elsewhere = { ...env, PATH: SYSTEM_PATH };
    expect(await resolveBinary('temporal', { env: elsewhere })).toEqual({
      path: cached,
      version: BINARIES.temporal.version,
      source: 'cache',
    });
    const minio = await resolveBinary('minio', { env: goEnv });
    expect(minio).toEqual({
      path: cachedPath('minio', env),
      version: BINARIES.minio.version,
      source: 'go-build',
    });
  });

  test('passes over another program of that name on PATH, and says so', async () => {
    const { env, bin } = await machine();
    await program(bin('temporal'), 'echo "a clock"');
    const cached = await program(cachedPath('temporal', env), '');
    const said: string[] = [];
    const found = await resolveBinary('temporal', { env, onProgress: (line) => said.push(line) });
    expect(found.path).toBe(cached);
    expect(said).toEqual([`${bin('temporal')} is not Temporal CLI: passed over`]);
  });

  test('refuses a variable that points to nothing, naming the variable', async () => {
    const { env } = await machine();
    const attempt = resolveBinary('minio', { env: { ...env, MINIO_BIN: '/nowhere/minio' } });
    await expect(attempt).rejects.toThrow(UserError);
    await expect(attempt).rejects.toThrow(/MINIO_BIN is \/nowhere\/minio/);
  });

  test('without Go names the three ways out', async () => {
    const { env } = await machine();
    const error = await resolveBinary('temporal', { env }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    const { message, hint } = error as UserError;
    expect(message).toContain('Temporal CLI is not here');
    expect(message).toContain(cachedPath('temporal', env));
    expect(hint).toMatch(/1\. install Go/);
    expect(hint).toMatch(/2\. .*package manager.*TEMPORAL_BIN/);
    expect(hint).toMatch(/3\. .*docker compose -f infra\/deploy\/compose\.yaml/);
  });

  test('never builds when told not to, and says which command does', async () => {
    const { env, bin, folder } = await machine();
    await program(bin('go'), FAKE_GO);
    const attempt = resolveBinary('minio', {
      env: { ...env, FAKE_GO_LOG: join(folder, 'log') },
      build: false,
    });
    await expect(attempt).rejects.toMatchObject({ hint: expect.stringContaining('npm start') as string });
    await expect(access(join(folder, 'log'))).rejects.toThrow();
  });
});

describe('the Go build', () => {
  test('runs once for two that ask at the same time, and leaves only the binary', async () => {
    const { env, bin, folder } = await machine();
    await program(bin('go'), FAKE_GO);
    const log = join(folder, 'log');
    const options = { env: { ...env, FAKE_GO_LOG: log } };
    const [one, two] = await Promise.all([resolveBinary('minio', options), resolveBinary('minio', options)]);
    expect(one.path).toBe(two.path);
    expect(await readFile(log, 'utf8')).toBe('run\n');
    expect(await readdir(join(env.RUMINATE_CACHE, 'bin'))).toEqual([`minio-${BINARIES.minio.version}`]);
  });

  test('that fails says its last lines and what to do, and leaves nothing', async () => {
    const { env, bin } = await machine();
    await program(bin('go'), 'echo "dial tcp: no route to proxy" >&2; exit 1');
    const error = (await resolveBinary('minio', { env }).catch((thrown: unknown) => thrown)) as UserError;
    expect(error.message).toMatch(/Building MinIO .* failed \(exit code 1\)[^]*no route to proxy/);
    expect(error.hint).toContain('MINIO_BIN');
    expect(await readdir(join(env.RUMINATE_CACHE, 'bin'))).toEqual([]);
  });

  test('takes over the lock of a process that died', async () => {
    const { env, bin, folder } = await machine();
    await program(bin('go'), FAKE_GO);
    await program(`${cachedPath('minio', env)}.lock`, '');
    const found = await resolveBinary('minio', { env: { ...env, FAKE_GO_LOG: join(folder, 'log') } });
    expect(found.source).toBe('go-build');
  });

  test.each(['temporal', 'minio'] as const)(
    'pins in go.mod the version that %s is cached under',
    async (name) => {
      const { module, goPackage, version, ldflags } = BINARIES[name];
      const goMod = await readFile(join(projectRoot(), module, 'go.mod'), 'utf8');
      const path = goPackage.split('/').slice(0, 3).join('/');
      expect(goMod).toContain(`${path} v${version}`);
      expect(goMod).toContain(`tool ${goPackage}`);
      // The third way out builds the same.
      const compose = await readFile(join(projectRoot(), 'infra/deploy/compose.yaml'), 'utf8');
      expect(compose).toContain(`build ${name} ${name}-${version} "${ldflags}" ${goPackage}\n`);
      expect(await readFile(join(projectRoot(), module, 'go.sum'), 'utf8')).toContain(
        `${path} v${version} h1:`,
      );
    },
  );
});
