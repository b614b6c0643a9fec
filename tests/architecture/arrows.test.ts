import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { ICruiseOptions, ICruiseResult, IFlattenedRuleSet, IResolveOptions } from 'dependency-cruiser';
import { cruise } from 'dependency-cruiser';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { projectRoot } from '../../infra/setup/paths.js';

const ROOMS = ['domain', 'engine', 'configs', 'workflows', 'activities', 'infra', 'cli'];
const root = projectRoot();
const config = createRequire(import.meta.url)(join(root, '.dependency-cruiser.cjs')) as {
  readonly forbidden: readonly { readonly name: string }[];
  readonly options: ICruiseOptions & { readonly enhancedResolveOptions: Partial<IResolveOptions> };
};

/** For every rule, an import that it must refuse: file, what it imports. */
const FORBIDDEN: readonly (readonly [rule: string, file: string, line: string])[] = [
  ['domain-sees-nothing', 'domain/a.ts', `export * from '../engine/room.js';`],
  ['domain-sees-nothing', 'domain/deep/a.ts', `export type { Room } from '../../infra/room.js';`],
  ['domain-has-no-io', 'domain/a.ts', `export { readFile } from 'node:fs/promises';`],
  ['domain-has-no-io', 'domain/a.ts', `export { parse } from 'yaml';`],
  ['engine-sees-domain', 'engine/a.ts', `export * from '../activities/room.js';`],
  ['configs-sees-domain', 'configs/a.ts', `export * from '../infra/room.js';`],
  ['workflows-sees-domain-configs-activities', 'workflows/a.ts', `export * from '../engine/room.js';`],
  [
    'workflows-see-types-of-configs-and-activities',
    'workflows/a.ts',
    `export { room } from '../activities/room.js';`,
  ],
  [
    'workflows-see-types-of-configs-and-activities',
    'workflows/a.ts',
    `export { room } from '../configs/room.js';`,
  ],
  ['workflows-have-no-io', 'workflows/a.ts', `export { randomUUID } from 'node:crypto';`],
  ['workflows-have-no-io', 'workflows/a.ts', `export { Worker } from '@temporalio/worker';`],
  ['activities-sees-domain-engine', 'activities/a.ts', `export * from '../infra/room.js';`],
  ['activities-see-types-of-engine', 'activities/a.ts', `export { room } from '../engine/room.js';`],
  ['adapters-see-domain-and-ports', 'infra/store/a.ts', `export { room } from '../../activities/room.js';`],
  ['adapters-see-domain-and-ports', 'infra/store/a.ts', `export { room } from '../../engine/room.js';`],
  ['nobody-sees-cli', 'infra/client/a.ts', `export * from '../../cli/room.js';`],
  ['cli-sees-the-client', 'cli/a.ts', `export { room } from '../workflows/room.js';`],
  ['cli-sees-the-client', 'cli/a.ts', `export { room } from '../infra/worker/room.js';`],
  ['no-circles', 'engine/room.ts', `export { a } from './a.js'; export const room = 1;`],
  ['nothing-sees-tests', 'infra/a.ts', `export * from '../tests/room.js';`],
];

const ALLOWED: readonly (readonly [file: string, line: string])[] = [
  ['domain/a.ts', `export { sha256 } from '@noble/hashes/sha2.js';`],
  ['engine/a.ts', `export { room as a } from '../domain/room.js'; import 'onnxruntime-node';`],
  [
    'workflows/a.ts',
    `export type { Room } from '../activities/room.js'; export { proxyActivities } from '@temporalio/workflow';`,
  ],
  ['workflows/b.ts', `export { room } from '../activities/contract.js'; export { a } from '../domain/a.js';`],
  [
    'activities/a.ts',
    `export type { Room } from '../engine/room.js'; export { room } from '../domain/room.js';`,
  ],
  ['infra/store/a.ts', `export type { Room } from '../../activities/room.js'; import 'node:fs';`],
  [
    'infra/worker/a.ts',
    `export { room } from '../../activities/room.js'; export { room as b } from '../../engine/room.js';`,
  ],
  [
    'cli/a.ts',
    `export { room } from '../infra/client/room.js'; export type { Room } from '../activities/room.js';`,
  ],
];

let house: string;

beforeAll(async () => {
  // Inside the repository, so that packages resolve as they do for the sources.
  await mkdir(join(root, 'dist'), { recursive: true });
  house = await mkdtemp(join(root, 'dist', 'house-'));
});

afterAll(async () => {
  await rm(house, { recursive: true, force: true });
});

describe('import arrows', () => {
  test('hold in the sources', async () => {
    expect(await violations(root)).toEqual([]);
  }, 180_000);

  test('are checked over real edges: TypeScript sources behind `.js` endings are found', async () => {
    const { modules } = await cruiseHouse(root);
    const edges = modules.find((module) => module.source === 'infra/setup/binaries.ts')?.dependencies ?? [];
    expect(edges.map((edge) => edge.resolved)).toContain('domain/failures.ts');
    const lost = modules.flatMap((module) => module.dependencies).filter((edge) => edge.couldNotResolve);
    expect(lost.map((edge) => edge.module)).toEqual([]);
  });

  test.each(FORBIDDEN)('%s: refused in %s: %s', async (rule, file, line) => {
    const base = await furnish([
      ['engine/a.ts', `export { room as a } from './room.js';`],
      [file, line],
    ]);
    const found = await violations(base);
    expect(found.map((violation) => violation.split(':')[0])).toContain(rule);
  });

  test('every rule has an import here that it refuses', () => {
    const rules = config.forbidden.map((rule) => rule.name);
    expect([...new Set(FORBIDDEN.map(([rule]) => rule))].sort()).toEqual([...rules].sort());
  });

  test('what the design allows is let through', async () => {
    expect(await violations(await furnish(ALLOWED))).toEqual([]);
  });
});

/** A small house with one file in every room, and the given ones. */
async function furnish(files: readonly (readonly [file: string, text: string])[]): Promise<string> {
  const base = await mkdtemp(join(house, 'h-'));
  const rooms = [...ROOMS, 'infra/client', 'infra/worker', 'tests'].map((room) => `${room}/room.ts`);
  const plain = `export interface Room { readonly wide: boolean }\nexport const room = 1;\n`;
  for (const [path, text] of [
    ...[...rooms, 'activities/contract.ts'].map((path) => [path, plain] as const),
    ...files,
  ]) {
    await mkdir(dirname(join(base, path)), { recursive: true });
    await writeFile(join(base, path), `${text}\n`);
  }
  return base;
}

/** "rule: from → to" for each broken rule. */
async function violations(base: string): Promise<readonly string[]> {
  const { summary } = await cruiseHouse(base);
  return summary.violations.map((violation) => `${violation.rule.name}: ${violation.from} → ${violation.to}`);
}

async function cruiseHouse(base: string): Promise<ICruiseResult> {
  const { enhancedResolveOptions, ...options } = config.options;
  const { output } = await cruise(
    ROOMS,
    {
      ...options,
      baseDir: base,
      validate: true,
      ruleSet: { forbidden: config.forbidden } as IFlattenedRuleSet,
    },
    enhancedResolveOptions,
    { tsConfig: extractTSConfig(join(root, 'tsconfig.json')) },
  );
  if (typeof output === 'string') throw new Error(`unexpected output: ${output}`);
  return output;
}
