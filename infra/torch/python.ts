import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { UserError } from '../../domain/failures.js';
import { cacheFolder, findOnPath, isExecutable, projectRoot, type Environment } from '../setup/paths.js';

/** A Python that has what the engine needs, or why there is none and the one command that mends it. */
export type TorchPython =
  | { readonly path: string; readonly versions: Readonly<Record<string, string>> }
  | { readonly path: null; readonly reason: string; readonly todo: string };

/** Packages are looked for and not loaded: loading takes seconds. */
const NEEDED = ['torch', 'transformers', 'peft', 'safetensors', 'tokenizers', 'numpy', 'pillow', 'jinja2'];
const OLDEST = [3, 11] as const;
const PROBE = `
import json, sys
from importlib.metadata import PackageNotFoundError, version
found = {"python": ".".join(map(str, sys.version_info[:3]))}
for name in ${JSON.stringify(NEEDED)}:
    try: found[name] = version(name)
    except PackageNotFoundError: pass
print(json.dumps(found))`;
const ANSWER_WITHIN_MS = 60_000;

/** Folder of the Python sources; the same from `dist/` and from the sources. */
export function engineSources(): string {
  return join(projectRoot(), 'infra', 'torch-engine', 'src');
}

/** `RUMINATE_PYTHON`; else the environment that the command of `todo` makes; else python3 on PATH. Never throws. */
export async function findTorchPython(env: Environment = process.env): Promise<TorchPython> {
  const named = env['RUMINATE_PYTHON'];
  const own = join(ownFolder(env), 'bin', 'python');
  const path = named || ((await isExecutable(own)) ? own : await findOnPath('python3', env));
  const todo = installCommand(env);
  if (!path) return { path: null, reason: 'there is no python3 on PATH', todo };
  const versions = await ask(path, env);
  if (versions === null) return { path: null, reason: `${path} cannot be run as a Python`, todo };
  const [major = 0, minor = 0] = versions['python']!.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    return {
      path: null,
      reason: `${path} is Python ${versions['python']}, older than ${OLDEST.join('.')}`,
      todo,
    };
  const missing = NEEDED.filter((name) => !Object.hasOwn(versions, name));
  if (missing.length > 0) return { path: null, reason: `${path} has no ${missing.join(', ')}`, todo };
  return { path, versions };
}

/** The same, for who cannot go on without: a UserError in one sentence. */
export async function requireTorchPython(env: Environment = process.env): Promise<string> {
  const python = await findTorchPython(env);
  if (python.path !== null) return python.path;
  throw new UserError(
    `the torch engine needs Python packages: ${python.reason}`,
    `Install them: ${python.todo}`,
  );
}

function installCommand(env: Environment): string {
  const folder = ownFolder(env);
  const lock = join(projectRoot(), 'infra', 'torch-engine', 'requirements.lock');
  return `python3 -m venv "${folder}" && "${folder}/bin/pip" install -r "${lock}"`;
}

function ownFolder(env: Environment): string {
  return join(cacheFolder(env), 'torch-engine');
}

async function ask(path: string, env: Environment): Promise<Readonly<Record<string, string>> | null> {
  try {
    const options = { env: { ...env }, timeout: ANSWER_WITHIN_MS };
    const { stdout } = await promisify(execFile)(path, ['-c', PROBE], options);
    const versions = JSON.parse(stdout) as Record<string, string>;
    return typeof versions['python'] === 'string' ? versions : null;
  } catch {
    return null;
  }
}
