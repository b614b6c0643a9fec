import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';

import { findPython, TORCH } from '../../infra/bench/python.js';

const made: string[] = [];

afterEach(async () => {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true });
});

/** A folder with a program of that name that does as the shell lines say. */
async function folderWith(name: string, lines: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ruminate-python-'));
  made.push(folder);
  await writeFile(join(folder, name), `#!/bin/sh\n${lines}\n`);
  await chmod(join(folder, name), 0o755);
  return folder;
}

describe('a Python with torch', () => {
  it('is missing with a reason where there is no python3', async () => {
    expect(await findPython(TORCH, { PATH: '' })).toEqual({
      path: null,
      reason: expect.stringContaining('set RUMINATE_PYTHON') as string,
    });
  });

  it('is missing with a reason where the one that was named is no program', async () => {
    expect(await findPython(TORCH, { PATH: '', RUMINATE_PYTHON: '/nowhere/python' })).toMatchObject({
      path: null,
      reason: expect.stringContaining('/nowhere/python') as string,
    });
  });

  it('is missing with what it said where it cannot import torch', async () => {
    const folder = await folderWith(
      'python3',
      'echo "ModuleNotFoundError: No module named torch" >&2; exit 1',
    );
    expect(await findPython(TORCH, { PATH: folder })).toMatchObject({
      path: null,
      reason: expect.stringContaining('No module named torch') as string,
    });
  });

  it('is found on PATH, with its versions', async () => {
    const folder = await folderWith('python3', `echo '{"torch": "2.15.0"}'`);
    expect(await findPython(TORCH, { PATH: folder })).toEqual({
      path: join(folder, 'python3'),
      versions: { torch: '2.15.0' },
    });
  });
});
