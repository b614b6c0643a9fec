import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EmbeddedEngine } from '../../engine/embedded-engine.js';
import { findPython } from '../support/python.js';
import {
  distance,
  GOLDEN_FILE,
  GOLDEN_FOLDER,
  goldenFile,
  largest,
  readReference,
  type Reference,
} from './parity/golden.js';
import { inputsFile, SPEC } from './parity/inputs.js';
import { ours, OBJECTIVES } from './parity/ours.js';

/**
 * The same comparison as parity.test.ts, over every number, with a PyTorch that is here.
 * RUMINATE_GOLDEN=write also keeps what parity.test.ts reads.
 */
const WITHIN = 1e-4;

const python = findPython();
const skipped = 'missing' in python ? ` (skipped: ${python.missing})` : '';
// The reporter counts what is skipped, and names it only on demand.
if ('missing' in python)
  process.stderr.write(`The live comparison with PyTorch is skipped: ${python.missing}\n`);
const folder = mkdtempSync(join(tmpdir(), 'ruminate-parity-'));
const engine = new EmbeddedEngine(SPEC, { threads: 1 });
afterAll(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs a script of the repository; its own words are the failure's. */
function run(script: string, ...args: readonly string[]): void {
  if ('missing' in python) throw new Error(python.missing);
  const env = { ...process.env, PYTHONDONTWRITEBYTECODE: '1' };
  const { status, stderr } = spawnSync(python.path, [script, ...args], { encoding: 'utf8', env });
  expect(status, stderr).toBe(0);
}

describe.skipIf('missing' in python)(`beside a PyTorch that is here${skipped}`, () => {
  let torch: Reference;
  beforeAll(() => {
    const [inputs, out] = [join(folder, 'inputs.safetensors'), join(folder, 'out.safetensors')];
    writeFileSync(inputs, inputsFile());
    run(join(GOLDEN_FOLDER, 'make.py'), inputs, out);
    torch = readReference(out);
    if (process.env['RUMINATE_GOLDEN'] === 'write') writeFileSync(GOLDEN_FILE, goldenFile(torch));
  }, 300_000);

  it.each(OBJECTIVES)(
    'losses, gradients and trained weights agree in every number: %s',
    async (objective) => {
      const mine = await ours(engine, objective, (batch, name) => torch.numbers.get(`${batch}/${name}`)!);
      const compared = [...torch.numbers].filter(([name]) => name.startsWith(`${objective}/`));
      expect(compared.length).toBeGreaterThan(4 * 34);
      for (const [name, theirs] of compared)
        expect(distance(mine.get(name)!, theirs, largest(theirs)), name).toBeLessThanOrEqual(WITHIN);
    },
  );
});
