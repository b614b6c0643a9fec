import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { loadCurriculum } from '../../../configs/load.js';
import type { PolicySpec } from '../../../engine/policy/spec.js';
import { weightsFromFile, weightsToFile } from '../../../engine/policy/state.js';
import { writePolicyFolder } from '../../../infra/client/policy-folder.js';
import { embeddedPolicy } from '../../../infra/client/embedded.js';
import { projectRoot } from '../../../infra/setup/paths.js';
import { denseWeights, type Weights } from '../../engine/support/rollouts.js';

export interface TestPolicy {
  readonly spec: PolicySpec;
  readonly weights: Weights;
}

/** The base that the curricula start from: it sees and reads, is not held to the grammar, and knows no tool. */
export async function basePolicy(): Promise<TestPolicy> {
  const { policy } = await loadCurriculum(join(projectRoot(), 'configs', 'base.yaml'));
  const { width, layers, heads, maxLooks, grammar } = embeddedPolicy(policy, 'this test');
  const spec = { width, layers, heads, maxLooks, grammar };
  const file = join(projectRoot(), 'configs', 'base', 'policy.safetensors');
  return { spec, weights: weightsFromFile(spec, await readFile(file), file) };
}

/** Random weights: a policy that looks here and there, validly and not, and answers nonsense. Small, so tests are quick. */
export function randomPolicy(seed: number, grammar: boolean): TestPolicy {
  const spec = { width: 32, layers: 1, heads: 4, maxLooks: 3, grammar };
  return { spec, weights: denseWeights(spec, seed) };
}

/** A policy as `ruminate export` writes it. */
export async function exported(folder: string, { spec, weights }: TestPolicy): Promise<string> {
  const curriculum = await loadCurriculum(join(projectRoot(), 'configs', 'base.yaml'));
  return writePolicyFolder(folder, weightsToFile(spec, weights), {
    run: 'test',
    stage: 'see',
    version: { stage: 'see', step: 0 },
    curriculum: { ...curriculum, policy: { ...curriculum.policy, ...spec } },
    baseSha256: null,
    madeBy: {},
  });
}
