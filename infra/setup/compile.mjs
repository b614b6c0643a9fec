// TypeScript to dist/, when a source changed since the last time; incremental.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, extname, join, relative } from 'node:path';
import { runQuietly, say, seconds } from './say.mjs';

/** Files that compiled code reads beside itself. */
const ASSETS = new Set(['.yaml', '.yml', '.sql', '.html', '.css', '.svg']);

/**
 * Compiles if needed. Output is written even where types do not fit, so the caller decides what an error means.
 * @param {string} root
 * @returns {Promise<{ ok: boolean, output: string, ms: number, done: boolean }>}
 */
export async function compile(root) {
  const { include } = JSON.parse(await readFile(join(root, 'tsconfig.json'), 'utf8'));
  const files = (
    await Promise.all(include.map((/** @type {string} */ room) => walk(join(root, room))))
  ).flat();
  const stamp = await fingerprint(root, files);
  const stampFile = join(root, 'dist', '.ruminate-build');
  const last = existsSync(stampFile) ? await readFile(stampFile, 'utf8') : '';
  if (last === stamp) return { ok: true, output: '', ms: 0, done: false };

  say('compiling TypeScript');
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const { code, output, ms } = await runQuietly('compiling', process.execPath, [tsc, '-p', 'tsconfig.json'], {
    cwd: root,
  });
  await copyAssets(root, files);
  await removeOrphans(root);
  const bundled = await bundleWorkflows(root);
  const ok = code === 0 && bundled.ok;
  if (ok) await writeFile(stampFile, stamp);
  else await rm(stampFile, { force: true });
  say(`compiling: ${ok ? 'done' : 'FAILED'} in ${seconds(ms)}`);
  return { ok, output: output + bundled.output, ms, done: true };
}

/**
 * The workflows' bundle is made at build time, so that workers start at once.
 * @param {string} root
 */
async function bundleWorkflows(root) {
  const script = join(root, 'dist', 'infra', 'worker', 'bundle.js');
  if (!existsSync(script)) return { ok: true, output: '' };
  const { code, output } = await runQuietly('bundling workflows', process.execPath, [script], { cwd: root });
  return { ok: code === 0, output: code === 0 ? '' : output };
}

/**
 * Names, sizes and times of all sources and of what decides how they are compiled.
 * @param {string} root
 * @param {readonly string[]} files
 */
async function fingerprint(root, files) {
  const hash = createHash('sha256');
  for (const path of [
    ...files,
    join(root, 'tsconfig.json'),
    join(root, 'node_modules', '.ruminate-lock'),
  ].sort()) {
    const { size, mtimeMs } = existsSync(path) ? await stat(path) : { size: 0, mtimeMs: 0 };
    hash.update(`${relative(root, path)}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

/**
 * @param {string} root
 * @param {readonly string[]} files
 */
async function copyAssets(root, files) {
  for (const path of files) {
    if (!ASSETS.has(extname(path))) continue;
    const target = join(root, 'dist', relative(root, path));
    await mkdir(dirname(target), { recursive: true });
    await copyFile(path, target);
  }
}

/**
 * Compiled files whose source is gone would be found by whoever imports a folder: remove them.
 * @param {string} root
 */
async function removeOrphans(root) {
  const dist = join(root, 'dist');
  for (const path of await walk(dist)) {
    if (!path.endsWith('.js')) continue;
    const source = join(root, relative(dist, path)).replace(/\.js$/, '.ts');
    if (existsSync(source) || dirname(path) === dist) continue;
    await rm(path);
    await rm(`${path}.map`, { force: true });
  }
}

/**
 * @param {string} folder
 * @returns {Promise<string[]>}
 */
async function walk(folder) {
  if (!existsSync(folder)) return [];
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
