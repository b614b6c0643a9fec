import { spawnSync } from 'node:child_process';

/** A Python that can run the comparison with PyTorch, or why there is none: a test that is skipped says so. */
export type Python = { readonly path: string } | { readonly missing: string };

/** Looks at RUMINATE_PYTHON, then for python3 on the PATH; torch and safetensors must be importable. */
export function findPython(): Python {
  const named = process.env['RUMINATE_PYTHON'];
  const path = named ?? 'python3';
  const tried = spawnSync(path, ['-c', 'import torch, safetensors.torch'], { encoding: 'utf8' });
  if (tried.status === 0) return { path };
  const who = named === undefined ? 'python3 on the PATH' : `RUMINATE_PYTHON=${named}`;
  const why = tried.error ? 'cannot be started' : (tried.stderr.trim().split('\n').at(-1) ?? 'fails');
  return { missing: `${who}: ${why}` };
}
