import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadCurriculum } from '../../configs/load.js';
import type { Curriculum } from '../../domain/curriculum.js';
import { UserError } from '../../domain/failures.js';
import { encodeAction, encodeQuestion } from '../../domain/protocol/compact.js';
import { describePolicy } from '../../engine/policy/describe.js';
import { freshWeights, weightsToFile } from '../../engine/policy/state.js';
import { policyCard, type PolicyOrigin } from '../../infra/client/policy-card.js';
import { policyWeightsIn, readPolicy, writePolicyFolder } from '../../infra/client/policy-folder.js';
import { projectRoot } from '../../infra/setup/paths.js';

const SPEC = { width: 32, layers: 2, heads: 2, maxLooks: 2 };
const weights = weightsToFile(SPEC, freshWeights(SPEC, 1));
const sha256 = createHash('sha256').update(weights).digest('hex');
const mini = await loadCurriculum(join(projectRoot(), 'configs', 'mini.yaml'));
const curriculum: Curriculum = {
  ...mini,
  policy: { engine: 'onnx', base: { type: 'fresh' }, grammar: false, ...SPEC },
};
const origin: PolicyOrigin = {
  run: 'a-run',
  stage: 'CRP-SFT',
  version: { stage: 'CRP-SFT', step: 7 },
  curriculum,
  baseSha256: null,
  madeBy: {},
};

let scratch: string;
let folder: string;
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'ruminate-export-'));
  folder = join(scratch, 'deep', 'policy');
});
afterEach(() => rm(scratch, { recursive: true, force: true }));

const write = (): Promise<string> => writePolicyFolder(folder, weights, origin);

/** The refusal of a person's mistake, in words. */
async function refused(attempt: Promise<unknown>): Promise<string> {
  const error = await attempt.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}

describe('an exported folder', () => {
  it('holds the weights, a configuration that names their sha256, and a card, and nothing is left beside it', async () => {
    expect(await write()).toBe(folder);
    expect((await readdir(folder)).sort()).toEqual(['README.md', 'config.json', 'model.safetensors']);
    expect(await readdir(dirname(folder))).toEqual(['policy']);
    expect(Buffer.compare(await readFile(policyWeightsIn(folder)), weights)).toBe(0);
    const config: unknown = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'));
    expect(config).toEqual(JSON.parse(JSON.stringify(describePolicy(SPEC, sha256))));
    expect(config).toMatchObject({
      format: 'ruminate-policy-1',
      architecture: SPEC,
      weights: { file: 'model.safetensors', sha256, dtype: 'F32' },
    });
  });

  it('takes the place of an earlier export, and of an empty folder', async () => {
    await mkdir(folder, { recursive: true });
    await write();
    const other = weightsToFile(SPEC, freshWeights(SPEC, 2));
    await writePolicyFolder(folder, other, origin);
    expect(Buffer.compare(await readFile(policyWeightsIn(folder)), other)).toBe(0);
    expect(await readdir(dirname(folder))).toEqual(['policy']);
  });

  it('does not take the place of anything else', async () => {
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'thesis.txt'), 'years of work');
    expect(await refused(write())).toContain('it holds thesis.txt; nothing was written');
    expect(await readdir(folder)).toEqual(['thesis.txt']);
    await rm(join(folder, 'thesis.txt'));
    // Names as ours, made by another program.
    await writeFile(join(folder, 'config.json'), '{"model_type":"llama"}');
    expect(await refused(write())).toContain('it holds config.json; nothing was written');
    folder = join(folder, 'config.json');
    expect(await refused(write())).toContain('is a file');
  });

  it('is where a run may start, as the weights alone are', async () => {
    await write();
    for (const path of [folder, policyWeightsIn(folder)]) {
      const read = await readPolicy(path, SPEC);
      expect(read.sha256).toBe(sha256);
      expect(Buffer.compare(read.bytes, weights)).toBe(0);
    }
  });

  it('is refused where its weights are not those that its configuration names', async () => {
    await write();
    await writeFile(policyWeightsIn(folder), weightsToFile(SPEC, freshWeights(SPEC, 2)));
    expect(await refused(readPolicy(folder, SPEC))).toMatch(
      new RegExp(`config.json: expected model.safetensors of sha256 ${sha256}, the file beside it has`),
    );
  });

  it('is refused where it is cut off, of another format or architecture, or without a configuration', async () => {
    await write();
    expect(await refused(readPolicy(folder, { ...SPEC, heads: 4 }))).toContain(
      'expected a policy of heads 4; this one has heads 2',
    );
    const config = join(folder, 'config.json');
    await writeFile(config, JSON.stringify({ ...describePolicy(SPEC, sha256), format: 'ruminate-policy-9' }));
    expect(await refused(readPolicy(folder, SPEC))).toContain('found ruminate-policy-9');
    for (const text of ['{', 'null']) {
      await writeFile(config, text);
      expect(await refused(readPolicy(folder, SPEC))).toContain('found none');
    }
    await writeFile(policyWeightsIn(folder), weights.subarray(0, weights.length - 4));
    expect(await refused(readPolicy(policyWeightsIn(folder), SPEC))).toContain(
      'not a valid safetensors file',
    );
  });
});

describe('the configuration', () => {
  it('says which token is what, as the protocol writes it', () => {
    const { tokens } = describePolicy(SPEC, sha256);
    const [frame] = tokens.frameTokens as [number, number];
    const [bin] = tokens.edgeBinTokens as [number, number];
    const { CROP, ANSWER, END, PAD } = tokens.special;
    const crop = encodeAction({ tool: 'crop', targetFrame: 3, bbox01: [0.25, 0, 0.5, 1] });
    expect(crop).toEqual([CROP, frame + 2, bin + 4, bin, bin + 7, bin + 15, END]);
    const [character] = tokens.characterTokens as [number, number];
    const spelled = [...'K4'].map((c) => character + tokens.characters.indexOf(c));
    expect(encodeAction({ tool: 'answer', text: 'K4' })).toEqual([ANSWER, ...spelled, END, PAD, PAD, PAD]);
    const [word, words] = tokens.wordTokens as [number, number];
    const asked = ['read', 'second', 'sign'];
    expect(encodeQuestion(asked.join(' ')).tokens.slice(0, 3)).toEqual(
      asked.map((w) => word + tokens.words.indexOf(w)),
    );
    expect([word, word + words]).toEqual([tokens.actionTokens, tokens.vocabulary]);
  });
});

describe('the model card', () => {
  it('says where the policy comes from, its sha256, and how to use it', () => {
    const card = policyCard(origin, { sha256, bytes: weights.length });
    for (const words of [
      ...['`a-run`', '`CRP-SFT`, 7', '`mini`, seed 7', sha256, 'random weights of seed 7'],
      ...['python docs/policy.py', 'base: { type: file, path:', '3000 videos with 8 questions each'],
    ])
      expect(card).toContain(words);
    // Only the stages that led to it, in their order.
    expect(card).toMatch(
      /DRP-SFT \(sft drp, \d+ steps\) → RL_d \(rl, \d+ steps\) → CRP-SFT \(sft crp, \d+ steps\) \|/,
    );
    expect(card).not.toContain('RL_c');
    expect(card).not.toContain('knows no tool');
    expect(policyCard({ ...origin, baseSha256: 'abc' }, { sha256, bytes: 1 })).toContain('sha256 `abc`');
  });
});

it.each(['mini', 'tiny', 'bench'])('the base that %s names is of its architecture', async (name) => {
  const file = join(projectRoot(), 'configs', `${name}.yaml`);
  const { policy } = await loadCurriculum(file);
  if (policy.engine === 'torch' || policy.base.type !== 'file')
    throw new Error(`${name} starts from no file`);
  expect((await readPolicy(resolve(dirname(file), policy.base.path), policy)).bytes.length).toBeGreaterThan(
    0,
  );
});
