import { join } from 'node:path';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, test } from 'vitest';
import { projectRoot } from '../../infra/setup/paths.js';

const root = projectRoot();
const typed = new ESLint({ cwd: root });
/** Rules on imports need no types, and are quick without. */
const untyped = new ESLint({ cwd: root, overrideConfig: tseslint.configs.disableTypeChecked });

/** What lint says of a text, if it stood in that file. */
async function rules(eslint: ESLint, file: string, text: string): Promise<readonly (string | null)[]> {
  const [result] = await eslint.lintText(`${text}\n`, { filePath: join(root, file) });
  return (result?.messages ?? []).map((message) => message.ruleId);
}

const IMPORTS = '@typescript-eslint/no-restricted-imports';

describe('lint', () => {
  test.each([
    ['workflows/messages.ts', `import { randomUUID } from 'node:crypto';\nexport const a = randomUUID;`],
    ['workflows/messages.ts', `import { randomUUID } from 'crypto';\nexport const a = randomUUID;`],
    [
      'workflows/messages.ts',
      `import { loadCurriculum } from '../configs/load.js';\nexport const a = loadCurriculum;`,
    ],
    ['workflows/messages.ts', `import { Worker } from '@temporalio/worker';\nexport const a = Worker;`],
    ['domain/seeds.ts', `import { readFile } from 'fs/promises';\nexport const a = readFile;`],
    ['domain/seeds.ts', `import { parse } from 'yaml';\nexport const a = parse;`],
  ])('refuses in %s: %s', async (file, text) => {
    expect(await rules(untyped, file, text)).toContain(IMPORTS);
  });

  test.each([
    [
      'workflows/messages.ts',
      `import { TASK_QUEUES } from '../activities/contract.js';\nexport const a = TASK_QUEUES;`,
    ],
    ['workflows/messages.ts', `import { stream } from '../domain/seeds.js';\nexport const a = stream;`],
    ['domain/seeds.ts', `import { sha256 } from '@noble/hashes/sha2.js';\nexport const a = sha256;`],
  ])('lets through in %s: %s', async (file, text) => {
    expect(await rules(untyped, file, text)).toEqual([]);
  });

  test('takes a floating promise for an error', async () => {
    const text = `export function go(): void {\n  Promise.resolve(1);\n}`;
    expect(await rules(typed, 'infra/setup/paths.ts', text)).toEqual([
      '@typescript-eslint/no-floating-promises',
    ]);
  });

  test('takes a value import of a type for an error', async () => {
    const text = `import { BinaryName } from './versions.js';\nexport const a: BinaryName = 'minio';`;
    expect(await rules(untyped, 'infra/setup/paths.ts', text)).toEqual([
      '@typescript-eslint/consistent-type-imports',
    ]);
  });
});
