import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadCurriculum } from '../../configs/load.js';
import { EmbeddedEngine } from '../../engine/embedded-engine.js';
import { weightsToFile } from '../../engine/policy/state.js';
import { readSafetensors } from '../../engine/safetensors.js';
import { writePolicyFolder } from '../../infra/client/policy-folder.js';
import { projectRoot } from '../../infra/setup/paths.js';
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
import { batchFile, firstLooks, inputsFile, parityBatch, parityWeights, SPEC } from './parity/inputs.js';
import { ours, OBJECTIVES } from './parity/ours.js';

/**
 * The same comparison as parity.test.ts, over every number, with a PyTorch that is here.
 * RUMINATE_GOLDEN=write also keeps what parity.test.ts reads.
 */
const WITHIN = 1e-4;

// Loading PyTorch takes its time on a busy machine.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 300_000 });

const python = findPython();
const skipped = 'missing' in python ? ` (skipped: ${python.missing})` : '';
// The reporter counts what is skipped, and names it only on demand.
if ('missing' in python)
  process.stderr.write(`The live comparison with PyTorch is skipped: ${python.missing}\n`);
const folder = mkdtempSync(join(tmpdir(), 'ruminate-parity-'));
const base = await loadCurriculum(join(projectRoot(), 'configs', 'base.yaml'));
const curriculum = { ...base, policy: { ...base.policy, ...SPEC } };
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
  });

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

  it.each([0, 2])(
    'docs/policy.py reproduces the logits of an exported folder after %i looks',
    async (looks) => {
      const weights = parityWeights();
      const origin = { run: 'parity', stage: 'see', version: { stage: 'see', step: 0 }, curriculum };
      const exported = await writePolicyFolder(join(folder, 'policy'), weightsToFile(SPEC, weights), {
        ...origin,
        baseSha256: null,
        madeBy: {},
      });
      const batch = firstLooks(parityBatch(0), looks);
      const [given, out] = [join(folder, 'batch.safetensors'), join(folder, 'logits.safetensors')];
      writeFileSync(given, batchFile(batch));
      run(join(projectRoot(), 'docs', 'policy.py'), exported, given, out);
      const { tensors } = readSafetensors(readFileSync(out), out);
      const mine = await engine.logits(weights, batch);
      expect(mine.size).toBe(looks > 0 ? 3 : 2);
      for (const [name, logits] of mine) {
        const theirs = tensors.get(name)!.data as Float32Array;
        expect(distance(logits, theirs, largest(theirs)), name).toBeLessThanOrEqual(WITHIN);
      }
    },
  );
});
