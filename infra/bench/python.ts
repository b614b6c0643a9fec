import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { findOnPath, isExecutable, type Environment } from '../setup/paths.js';

/** A Python that has what a comparison needs, or why there is none. */
export type Python =
  | { readonly path: string; readonly versions: Readonly<Record<string, string>> }
  | { readonly path: null; readonly reason: string };

/** What a comparison imports. */
export interface Needed {
  /** As people know them: `torch and safetensors`. */
  readonly modules: string;
  /** Prints their versions as JSON. */
  readonly script: string;
}

export const TORCH: Needed = {
  modules: 'torch and safetensors',
  script: [
    'import json, platform, torch, safetensors',
    'print(json.dumps({"python": platform.python_version(), "torch": torch.__version__, "torchCpu": torch.backends.cpu.get_cpu_capability()}))',
  ].join('; '),
};

/** Importing torch from a cold disk takes long. */
const IMPORT_WITHIN_MS = 120_000;

/** `RUMINATE_PYTHON`, else the first python3 on PATH, if it can import what is needed. */
export async function findPython(
  { modules, script }: Needed,
  env: Environment = process.env,
): Promise<Python> {
  const named = env['RUMINATE_PYTHON'];
  if (named && !(await isExecutable(named)))
    return { path: null, reason: `RUMINATE_PYTHON is ${named}, which is no program` };
  const path = named || (await findOnPath('python3', env));
  if (!path) return { path: null, reason: `no python3 on PATH; set RUMINATE_PYTHON to one with ${modules}` };
  try {
    const { stdout } = await promisify(execFile)(path, ['-c', script], {
      env: { ...env },
      timeout: IMPORT_WITHIN_MS,
    });
    return { path, versions: JSON.parse(stdout) as Record<string, string> };
  } catch (error) {
    const said = (error as { readonly stderr?: string }).stderr?.trim().split('\n').at(-1);
    return {
      path: null,
      reason: `${path} cannot import ${modules} (${said || String(error)}); set RUMINATE_PYTHON to one that can`,
    };
  }
}
