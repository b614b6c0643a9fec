import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../../infra/setup/paths.js';

const root = projectRoot();

async function manifest(): Promise<Record<'dependencies' | 'devDependencies', Record<string, string>>> {
  return JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Awaited<
    ReturnType<typeof manifest>
  >;
}

test.each([
  ['dependencies', '## At run time'],
  ['devDependencies', '## For development'],
] as const)(
  'docs/dependencies.md gives a reason for exactly the %s of package.json',
  async (kind, heading) => {
    const page = await readFile(join(root, 'docs', 'dependencies.md'), 'utf8');
    const section = page.split(heading)[1]?.split('\n## ')[0] ?? '';
    const rows = [...section.matchAll(/^\| `([^`]+)` \| (\S.*) \|$/gm)];
    const { [kind]: named } = await manifest();
    expect(rows.map((row) => row[1]).sort()).toEqual(Object.keys(named).sort());
  },
);

test('every dependency is at one exact version', async () => {
  const { dependencies, devDependencies } = await manifest();
  for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies })) {
    expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
  }
});

test('the lock has every optional package that another names, or npm ci refuses it on every machine', async () => {
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Record<string, { readonly optionalDependencies?: Record<string, string> }>;
  };
  const there = new Set(Object.keys(lock.packages).map((path) => path.split('node_modules/').at(-1)));
  const missing = Object.values(lock.packages)
    .flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}))
    .filter((name) => !there.has(name));
  expect(missing).toEqual([]);
});
