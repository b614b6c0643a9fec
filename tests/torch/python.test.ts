import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { UserError } from '../../domain/failures.js';
import { findOnPath } from '../../infra/setup/paths.js';
import { findTorchPython, requireTorchPython } from '../../infra/torch/python.js';
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
      const error = await requireTorchPython(env).catch((e: unknown) => e as UserError);
      expect(error).toBeInstanceOf(UserError);
      const { message, hint } = error as UserError;
      expect(message).toMatch(
        /^the torch engine needs Python packages: .*bare-python has no torch, transformers, peft/,
      );
      expect(hint).toMatch(
        /^Install them: python3 -m venv ".*torch-engine" && .*pip" install -r ".*requirements\.lock"$/,
      );
    },
  );

  it('that cannot be run, or is not there, is said to be so', async () => {
    const missing = join(dir, 'no-such-python');
    expect(await findTorchPython({ RUMINATE_PYTHON: missing })).toMatchObject({
      path: null,
      reason: `${missing} cannot be run as a Python`,
    });
    expect(await findTorchPython({ PATH: dir, RUMINATE_CACHE: dir })).toMatchObject({
      path: null,
      reason: 'there is no python3 on PATH',
    });
  });
});
