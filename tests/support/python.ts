import { spawnSync } from 'node:child_process';

/** A Python that has what a test needs, or why there is none: a test that is skipped says so. */
export type Python = { readonly path: string } | { readonly missing: string };

/** What the comparison imports. */
const COMPARISON = ['torch', 'safetensors', 'numpy'];

/** Looks at RUMINATE_PYTHON, then for python3 on the PATH. Modules are looked for and not loaded: that takes seconds. */
export function findPython(modules: readonly string[] = COMPARISON): Python {
  const named = process.env['RUMINATE_PYTHON'];
  const path = named ?? 'python3';
  const who = named === undefined ? 'python3 on the PATH' : `RUMINATE_PYTHON (${named})`;
  const probe = `import importlib.util as u; print(*(m for m in ${JSON.stringify(modules)} if not u.find_spec(m)))`;
  const { status, error, stdout } = spawnSync(path, ['-c', probe], { encoding: 'utf8' });
  if (error || status !== 0) return { missing: `${who} cannot be run` };
  const absent = stdout.trim().split(/\s+/).filter(Boolean);
  return absent.length === 0 ? { path } : { missing: `${who} has no ${absent.join(', ')}` };
}
