import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import getPort from 'get-port';
import { projectRoot } from '../../../infra/setup/paths.js';
import { findPython, type Python } from '../python.js';

/** What `transformers serve` and the tiny model need (tests/support/tiny-qwen/requirements.txt). */
const MODULES = [
  ...['torch', 'torchvision', 'transformers', 'tokenizers', 'accelerate', 'PIL'],
  ...['fastapi', 'uvicorn', 'openai', 'pydantic'],
];

/** A Python that can serve the tiny model, or why there is none. */
export function findServingPython(): Python {
  return findPython(MODULES);
}

export interface TransformersServer {
  /** Without `/v1`. */
  readonly url: string;
  readonly model: string;
  /** What it has said so far. */
  log(): string;
  stop(): Promise<void>;
}

/** Makes the tiny Qwen2.5-VL and serves it by `transformers serve` on loopback; resolves when it is ready. */
export async function startTransformersServer(python: string): Promise<TransformersServer> {
  const folder = await mkdtemp(join(tmpdir(), 'ruminate-transformers-'));
  const model = join(folder, 'tiny-qwen');
  // It lists what its cache holds, and fails where there is none; nothing is downloaded.
  const hub = join(folder, 'hub');
  mkdirSync(hub, { recursive: true });
  const env = {
    ...process.env,
    ...{ HF_HOME: folder, HF_HUB_CACHE: hub, HF_HUB_OFFLINE: '1', PYTHONDONTWRITEBYTECODE: '1' },
    ...{ OMP_NUM_THREADS: '1', CUDA_VISIBLE_DEVICES: '' },
  };
  const script = join(projectRoot(), 'tests', 'support', 'tiny-qwen', 'make.py');
  const made = spawnSync(python, [script, model], { encoding: 'utf8', env });
  if (made.status !== 0) throw new Error(`the tiny model could not be made:\n${made.stderr.slice(-4000)}`);

  const port = await getPort({ host: '127.0.0.1' });
  const url = `http://127.0.0.1:${port}`;
  const args = ['serve', model, '--host', '127.0.0.1', '--port', String(port), '--device', 'cpu'];
  const child = spawn(python, ['-m', 'transformers.cli.transformers', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const keep = (text: string): void => {
    said = `${said}${text}`.slice(-64_000);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.once('error', () => resolve());
  });
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    const hard = setTimeout(() => child.kill('SIGKILL'), 5_000);
    await ended;
    clearTimeout(hard);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await ready(url, () => child.exitCode !== null || child.signalCode !== null);
  } catch (error) {
    await stop();
    throw new Error(`transformers serve did not get ready:\n${said.slice(-4000)}`, { cause: error });
  }
  return { url, model, log: () => said, stop };
}

/** On a busy machine importing torch takes minutes. */
const READY_MS = 240_000;

async function ready(url: string, ended: () => boolean): Promise<void> {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    if (ended()) throw new Error('it ended');
    const answer = await fetch(`${url}/health`).catch(() => null);
    if (answer?.ok === true) return;
    if (Date.now() > deadline) throw new Error(`it was not ready within ${READY_MS} ms`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
