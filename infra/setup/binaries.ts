import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { UserError } from '../../domain/failures.js';
import { buildWithGo } from './go-build.js';
import type { Environment } from './paths.js';
import { cacheFolder, findOnPath, isExecutable } from './paths.js';
import type { BinaryName, BinarySpec } from './versions.js';
import { BINARIES } from './versions.js';

const run = promisify(execFile);

export interface ResolvedBinary {
  readonly path: string;
  readonly version: string;
  readonly source: 'environment' | 'path' | 'cache' | 'go-build';
}

export interface ResolveOptions {
  /** Build with Go when nothing is found (minutes); default true. */
  readonly build?: boolean;
  /** One line at a time, for people. */
  readonly onProgress?: (line: string) => void;
  readonly env?: Environment;
}

/**
 * The server's binary: its environment variable, PATH, the cache, a Go build with pinned sums, in this order.
 * Throws a `UserError` that says what to do when none of them has it.
 */
export async function resolveBinary(name: BinaryName, options: ResolveOptions = {}): Promise<ResolvedBinary> {
  const env = options.env ?? process.env;
  const spec = BINARIES[name];

  const given = env[spec.envVariable];
  if (given) return { path: given, version: await versionOfGiven(spec, given), source: 'environment' };

  const onPath = await findOnPath(name, env);
  if (onPath !== null) {
    const version = await versionOf(spec, onPath);
    if (version !== null) return { path: onPath, version, source: 'path' };
    options.onProgress?.(`${onPath} is not ${spec.title}: passed over`);
  }

  const cached = cachedPath(name, env);
  if (await isExecutable(cached)) return { path: cached, version: spec.version, source: 'cache' };

  const go = await findOnPath('go', env);
  if (options.build === false || go === null) throw nowhere(name, env, go !== null);
  await buildWithGo({ name, go, target: cached, env, onProgress: options.onProgress ?? (() => undefined) });
  return { path: cached, version: spec.version, source: 'go-build' };
}

/** Where the Go build of the pinned version is kept. */
export function cachedPath(name: BinaryName, env: Environment = process.env): string {
  return join(cacheFolder(env), 'bin', `${name}-${BINARIES[name].version}`);
}

/** What the program says of its version, or null when it is not that program or does not run. */
export async function versionOf(spec: BinarySpec, path: string): Promise<string | null> {
  try {
    const { stdout } = await run(path, ['--version'], { timeout: 20_000 });
    return spec.versionLine.exec(stdout)?.[1] ?? null;
  } catch {
    return null;
  }
}

async function versionOfGiven(spec: BinarySpec, path: string): Promise<string> {
  const version = (await isExecutable(path)) ? await versionOf(spec, path) : null;
  if (version !== null) return version;
  throw new UserError(
    `${spec.envVariable} is ${path}, which is not an executable ${spec.title} (expected a program whose --version says so).`,
    `Correct ${spec.envVariable}, or unset it to let Ruminate look on PATH, in its cache and build with Go.`,
  );
}

function nowhere(name: BinaryName, env: Environment, hasGo: boolean): UserError {
  const spec = BINARIES[name];
  const goWay = hasGo
    ? 'run `npm start` or `npm test` once: Go is here and builds it'
    : `install Go (https://go.dev/dl), then run again: it is built once into ${cacheFolder(env)}`;
  return new UserError(
    `${spec.title} is not here: looked in ${spec.envVariable}, PATH and ${cachedPath(name, env)}.`,
    [
      'Three ways out:',
      `  1. ${goWay};`,
      `  2. install it with your package manager (${spec.packageHint}), or set ${spec.envVariable} to its path;`,
      '  3. let Docker build it: docker compose -f infra/deploy/compose.yaml run --rm binaries',
    ].join('\n'),
  );
}
