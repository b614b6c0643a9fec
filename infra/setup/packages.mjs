// The npm packages: installed when node_modules is not what package-lock.json says.
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runQuietly, say, seconds, SetupError } from './say.mjs';

/**
 * @typedef {{ version?: string, resolved?: string, integrity?: string, optional?: boolean, devOptional?: boolean, peer?: boolean, link?: boolean }} LockEntry
 * @typedef {{ packages: Record<string, LockEntry> }} Lock
 */

/**
 * Installs packages if needed; true if it did. The stamp is the hash of the lock, so that a second start reads two files.
 * @param {string} root
 * @returns {Promise<boolean>}
 */
export async function ensurePackages(root) {
  const lockText = await readFile(join(root, 'package-lock.json'), 'utf8');
  const stampFile = join(root, 'node_modules', '.ruminate-lock');
  const stamp = createHash('sha256').update(lockText).digest('hex');
  if ((await readOr(stampFile, '')) === stamp) return false;

  const installed = await readOr(join(root, 'node_modules', '.package-lock.json'), '');
  if (installed !== '' && matches(JSON.parse(lockText), JSON.parse(installed))) {
    await writeFile(stampFile, stamp);
    return false;
  }
  await install(root);
  await writeFile(stampFile, stamp);
  return true;
}

/**
 * Whether what npm noted of its last installation is the lock's: every package at its version, and none besides.
 * Optional ones (other systems' binaries) may be missing.
 * @param {Lock} lock
 * @param {Lock} installed
 */
export function matches(lock, installed) {
  for (const [path, wanted] of Object.entries(lock.packages)) {
    if (path === '') continue;
    const found = installed.packages[path];
    if (found === undefined) {
      if (wanted.optional || wanted.devOptional || wanted.peer) continue;
      return false;
    }
    if (found.version !== wanted.version || found.integrity !== wanted.integrity) return false;
  }
  return Object.keys(installed.packages).every((path) => path in lock.packages);
}

/** @param {string} root */
async function install(root) {
  say('packages: installing (npm ci)');
  // npm tells its scripts where it is; started by hand, it is the npm on PATH.
  const npm = process.env['npm_execpath'];
  const [command, first] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  const { code, output, ms } = await runQuietly(
    'packages',
    command,
    [...first, 'ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'],
    // Its install script would fetch CUDA libraries of some hundred megabytes; the CPU runs without them.
    { cwd: root, env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: 'skip' } },
  );
  if (code !== 0) {
    // npm says the cause first and its usage after.
    const said = output.split('\n').filter((line) => /\S/.test(line.replace('npm error', '')));
    throw new SetupError(
      `npm ci failed (exit code ${code}):\n${said.slice(0, 10).join('\n')}\n` +
        'Check that the npm registry can be reached and the disk has 1.5 GB free, then run again.',
    );
  }
  say(`packages: installed in ${seconds(ms)}`);
}

/**
 * @param {string} path
 * @param {string} otherwise
 */
async function readOr(path, otherwise) {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return otherwise;
  }
}
