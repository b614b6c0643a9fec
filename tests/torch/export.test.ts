import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { StateFile } from '../../activities/torch/model.js';
import { loadPrompt } from '../../configs/prompt.js';
import type { TorchPolicy } from '../../domain/curriculum.js';
import { UserError } from '../../domain/failures.js';
import { writeTorchFolder } from '../../infra/client/torch-folder.js';
import { projectRoot } from '../../infra/setup/paths.js';
import { engineSources } from '../../infra/torch/python.js';
import { startProcess, type TorchProcess } from '../../infra/torch/process.js';
import { small } from './small-training.js';
import { asking, noise, python, scratch, skipped } from './support.js';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });
const { dir, logFile, remove } = scratch();
const blobs = [noise('door')];
const conversation = {
  messages: [...asking('what?', 0).messages, { role: 'assistant', text: '<answer>42</answer>' }],
};
const LORA = { type: 'lora', rank: 4, alpha: 8, dropout: 0.1, seed: 3 } as const;
const FULL = { type: 'full' } as const;
const BASE = join(dir, 'models', 'tiny');
let torch: TorchProcess;

async function ask<T = Record<string, unknown>>(verb: string, params: object): Promise<T> {
  return (await torch.connection.request(verb, params, { blobs })).result as T;
}

/** A checkpoint whose weights have moved, and what the engine says by it. */
interface Trained {
  readonly policy: TorchPolicy;
  readonly file: StateFile & { readonly bytes: number };
  readonly logProbs: readonly number[];
}

async function trained(model: TorchPolicy['model'], adapter: TorchPolicy['adapter']): Promise<Trained> {
  const { policy } = small();
  if (policy.engine !== 'torch') throw new Error('not a torch policy');
  await ask('load', { model, adapter, dtype: policy.dtype });
  const update = { objective: { type: 'sft' }, microBatch: 1, sequences: [{ conversation }] };
  for (let step = 0; step < 3; step++) {
    await ask('forwardBackward', update);
    await ask('optimStep', { lr: 0.01, calls: 1 });
  }
  const { weights: file } = await ask<{ weights: Trained['file'] }>('saveState', { folder: dir });
  const { logProbs } = await ask<{ logProbs: readonly (readonly number[])[] }>('logProbs', {
    conversations: [conversation],
    weights: file,
  });
  return { policy: { ...policy, model, adapter }, file, logProbs: logProbs[0]! };
}

function exportOf({ policy, file }: Trained, folder: string): ReturnType<typeof writeTorchFolder> {
  const ref = {
    uri: 's3://ruminate/weights',
    kind: 'weights',
    sha256: file.sha256,
    bytes: file.bytes,
  } as const;
  const version = { stage: 'SFT', step: 3 };
  const origin = {
    ...{ run: 'a-run', stage: 'SFT', version, curriculum: { ...small(), policy }, baseSha256: null },
    madeBy: { torch: '2.15', peft: '0.21' },
  };
  const checkpoint = { manifest: ref, weights: ref, version };
  return writeTorchFolder(
    folder,
    { origin, policy, checkpoint, weights: () => readFile(file.path) },
    { logFile },
  );
}

/** log π by the exported folder, as PEFT or transformers loads it. */
function saidBy(by: 'peft' | 'transformers', folder: string, model: TorchPolicy['model']): readonly number[] {
  const { status, stdout, stderr } = spawnSync(
    python.path!,
    [join(projectRoot(), 'tests', 'torch', 'exported.py')],
    {
      input: JSON.stringify({
        ...{ by, folder, model, conversation },
        blobs: blobs.map((blob) => Buffer.from(blob).toString('base64')),
      }),
      encoding: 'utf8',
      env: { ...process.env, PYTHONPATH: engineSources(), HF_HUB_OFFLINE: '1' },
    },
  );
  if (status !== 0) throw new Error(stderr.slice(-4000));
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as readonly number[];
}

/** The largest difference, of as many numbers. */
function apart(theirs: readonly number[], ours: readonly number[]): number {
  expect(theirs).toHaveLength(ours.length);
  return Math.max(...theirs.map((value, i) => Math.abs(value - ours[i]!)));
}

/** They sum a head's products over all positions, the engine over those that it needs. */
const ROUNDING = 1e-6;

describe.skipIf(python.path === null)(`a folder of a policy that the torch engine trained${skipped}`, () => {
  beforeAll(async () => {
    torch = await startProcess({ python: python.path!, logFile });
    const made = spawnSync(python.path!, ['-m', 'ruminate_torch.tiny', BASE, '--seed', '5'], {
      env: { ...process.env, PYTHONPATH: engineSources() },
    });
    if (made.status !== 0) throw new Error(made.stderr.toString());
  });
  afterAll(async () => {
    await torch.close();
    remove();
  });

  it('holds a LoRA as PEFT and transformers load it, with the numbers of its checkpoint', async () => {
    const model = { type: 'folder', path: BASE } as const;
    const of = await trained(model, LORA);
    const folder = join(dir, 'lora');
    const { file } = await exportOf(of, folder);
    expect(file).toBe(join(folder, 'adapter_model.safetensors'));
    // The checkpoint's own file: the SHA-256 that `ruminate status --json` says.
    expect(
      createHash('sha256')
        .update(await readFile(file))
        .digest('hex'),
    ).toBe(of.file.sha256);
    expect(JSON.parse(await readFile(join(folder, 'adapter_config.json'), 'utf8'))).toMatchObject({
      ...{ peft_type: 'LORA', r: 4, lora_alpha: 8, lora_dropout: 0.1, base_model_name_or_path: BASE },
      target_modules: '.*language_model.*\\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)',
    });
    expect(await readdir(folder)).not.toContain('base');
    expect(apart(saidBy('peft', folder, model), of.logProbs)).toBeLessThan(ROUNDING);
    expect(apart(saidBy('transformers', folder, model), of.logProbs)).toBeLessThan(ROUNDING);
  });

  it.each([
    ['tiny', { type: 'tiny', family: 'qwen3-vl', seed: 2 }],
    ['random', { type: 'random', path: BASE, seed: 9 }],
  ] as const)('brings along a %s model, which is in no other folder', async (name, model) => {
    const of = await trained(model, LORA);
    const folder = join(dir, `lora-${name}`);
    await exportOf(of, folder);
    const config = JSON.parse(await readFile(join(folder, 'adapter_config.json'), 'utf8')) as object;
    expect(config).toMatchObject({ base_model_name_or_path: join(folder, 'base') });
    expect(apart(saidBy('peft', folder, model), of.logProbs)).toBeLessThan(ROUNDING);
  });

  it('holds a full model as transformers loads it, and as the engine does', async () => {
    const model = { type: 'folder', path: BASE } as const;
    const of = await trained(model, FULL);
    const folder = join(dir, 'full');
    await exportOf(of, folder);
    expect((await readdir(folder)).sort()).toEqual([
      ...['README.md', 'chat_template.jinja', 'config.json', 'generation_config.json', 'model.safetensors'],
      ...[
        'preprocessor_config.json',
        'prompt.yaml',
        'ruminate.json',
        'tokenizer.json',
        'tokenizer_config.json',
      ],
    ]);
    expect(apart(saidBy('transformers', folder, model), of.logProbs)).toBeLessThan(ROUNDING);
    await ask('load', { model: { type: 'folder', path: folder }, adapter: { type: 'none' } });
    const again = await ask<{ logProbs: readonly (readonly number[])[] }>('logProbs', {
      conversations: [conversation],
    });
    // No tensor has lost a bit.
    expect(again.logProbs[0]).toEqual(of.logProbs);
  });

  it('says where it comes from, what it was told, and how to serve it', async () => {
    const of = await trained({ type: 'folder', path: BASE }, LORA);
    const folder = join(dir, 'told');
    await exportOf(of, folder);
    expect(await loadPrompt(join(folder, 'prompt.yaml'))).toEqual(of.policy.prompt);
    const origin = JSON.parse(await readFile(join(folder, 'ruminate.json'), 'utf8')) as { base: string };
    const { base } = await ask<{ base: string }>('load', {
      model: { type: 'folder', path: BASE },
      adapter: LORA,
    });
    expect(origin).toMatchObject({ run: 'a-run', stage: 'SFT', step: 3, sha256: of.file.sha256, base });
    const card = await readFile(join(folder, 'README.md'), 'utf8');
    for (const words of [
      ...[
        '`a-run`',
        '`SFT`, 3',
        BASE,
        base,
        of.file.sha256,
        'torch 2.15, peft 0.21',
        'rank 4, alpha 8, dropout 0.1',
      ],
      ...[of.policy.prompt.text.trim(), 'up to 3136 pixels each', 'After 2 looks it must answer'],
      `vllm serve ${BASE} --enable-lora --max-lora-rank 8 --lora-modules a-run-SFT=${folder} --dtype float32`,
      ...[`PeftModel.from_pretrained(base, "${folder}")`, '--fps 1 --frames 2 --overview-pixels 3136'],
    ])
      expect(card).toContain(words);
  });

  it('takes the place of an earlier export and of nothing else, and leaves nothing behind where it fails', async () => {
    const of = await trained({ type: 'folder', path: BASE }, LORA);
    const folder = join(dir, 'deep', 'place');
    await exportOf(of, folder);
    const other = await trained({ type: 'folder', path: BASE }, FULL);
    await exportOf(other, folder);
    expect(await readdir(folder)).not.toContain('adapter_config.json');
    expect(await readdir(join(dir, 'deep'))).toEqual(['place']);
    await writeFile(join(folder, 'thesis.txt'), 'years of work');
    await expect(exportOf(of, folder)).rejects.toThrow('it holds thesis.txt; nothing was written');
    expect(await readdir(folder)).toContain('config.json');

    const moved = join(dir, 'moved');
    const gone = { ...of, policy: { ...of.policy, model: { type: 'folder', path: moved } as const } };
    await expect(exportOf(gone, join(dir, 'deep', 'a'))).rejects.toThrow(`there is no folder ${moved}`);
    await mkdir(moved);
    for (const name of await readdir(BASE)) {
      const text = await readFile(join(BASE, name));
      await writeFile(join(moved, name), name === 'config.json' ? withOtherEps(text) : text);
    }
    const changed = exportOf(gone, join(dir, 'deep', 'a'));
    await expect(changed).rejects.toThrow('the model underneath is not the one that the run began with');
    await expect(changed).rejects.toBeInstanceOf(UserError);
    expect(await readdir(join(dir, 'deep'))).toEqual(['place']);
    await rm(moved, { recursive: true });
  });
});

function withOtherEps(config: Buffer): string {
  return config.toString().replace('"rms_norm_eps": 1e-05', '"rms_norm_eps": 1e-06');
}
