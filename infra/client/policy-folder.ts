import { createHash } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../domain/failures.js';
import { describePolicy, WEIGHTS_FILE } from '../../engine/policy/describe.js';
import type { PolicySpec } from '../../engine/policy/spec.js';
import { POLICY_FORMAT, refuseOtherArchitecture, weightsFromFile } from '../../engine/policy/state.js';
import { embeddedPolicy } from './embedded.js';
import { CARD_FILE, exportPlace, writeExport } from './export-folder.js';
import { policyCard, type PolicyOrigin } from './policy-card.js';

/**
 * A policy as a folder: `model.safetensors`, `config.json` with its sha256, and `README.md`, its model card. It is there
 * whole or not at all. An earlier export is replaced; anything else is not.
 */
export async function writePolicyFolder(
  folder: string,
  weights: Uint8Array,
  origin: PolicyOrigin,
): Promise<string> {
  const sha256 = sha256Of(weights);
  const { width, layers, heads, maxLooks, grammar } = embeddedPolicy(
    origin.curriculum.policy,
    'a folder of a policy',
  );
  const config = describePolicy({ width, layers, heads, maxLooks, grammar }, sha256);
  const place = await exportPlace(folder, earlierExport);
  await writeExport(place, async (part) => {
    await writeFile(join(part, WEIGHTS_FILE), weights);
    await writeFile(join(part, CONFIG_FILE), `${JSON.stringify(config, null, 2)}\n`);
    await writeFile(join(part, CARD_FILE), policyCard(origin, { sha256, bytes: weights.length }));
  });
  return place;
}

/** The weights of an exported folder. */
export function policyWeightsIn(folder: string): string {
  return join(folder, WEIGHTS_FILE);
}

export interface PolicyFile {
  readonly bytes: Buffer;
  readonly sha256: string;
}

/**
 * A policy to start from: a safetensors file, or a folder of `ruminate export`, whose weights must be those that its
 * `config.json` names. Checked against the architecture here, before anything is started for it.
 */
export async function readPolicy(path: string, spec: PolicySpec): Promise<PolicyFile> {
  const folder = await isFolder(path);
  const file = folder ? policyWeightsIn(path) : path;
  const bytes = await readFile(file);
  const sha256 = sha256Of(bytes);
  try {
    if (folder) await checkConfig(join(path, CONFIG_FILE), spec, sha256);
    weightsFromFile(spec, bytes, file);
  } catch (cause) {
    throw new UserError(
      (cause as Error).message,
      'name weights of the architecture under `policy`, whole and unchanged, or mend `policy`',
      { cause },
    );
  }
  return { bytes, sha256 };
}

const CONFIG_FILE = 'config.json';

async function checkConfig(file: string, spec: PolicySpec, sha256: string): Promise<void> {
  const config = await readConfig(file);
  if (config === null)
    throw new Error(`${file}: expected the configuration of an exported policy, found none`);
  if (config.format !== POLICY_FORMAT)
    throw new Error(`${file}: expected format ${POLICY_FORMAT}, found ${String(config.format)}`);
  refuseOtherArchitecture(spec, config.architecture, file);
  if (config.weights?.sha256 !== sha256)
    throw new Error(
      `${file}: expected ${WEIGHTS_FILE} of sha256 ${String(config.weights?.sha256)}, the file beside it has ${sha256}: one of them was changed or cut off`,
    );
}

interface FoundConfig {
  readonly format?: unknown;
  readonly architecture?: unknown;
  readonly weights?: { readonly sha256?: unknown } | null;
}

/** What a configuration says, or null where there is none that is a JSON object. */
async function readConfig(file: string): Promise<FoundConfig | null> {
  try {
    const found: unknown = JSON.parse(await readFile(file, 'utf8'));
    return typeof found === 'object' ? found : null;
  } catch {
    return null;
  }
}

async function earlierExport(folder: string): Promise<readonly string[]> {
  const config = await readConfig(join(folder, CONFIG_FILE));
  return config?.format === POLICY_FORMAT ? [WEIGHTS_FILE, CONFIG_FILE, CARD_FILE] : [];
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isDirectory() === true;
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
