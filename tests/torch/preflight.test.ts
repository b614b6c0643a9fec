import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { UserError } from '../../domain/failures.js';
import { homeAt } from '../../infra/home/home.js';
import { fingerprintParts } from '../../infra/setup/fingerprint.js';
import { refuseAbsentModel } from '../../infra/torch/preflight.js';
import { engineSources } from '../../infra/torch/python.js';
import { CommandLine, STACK_TRACE } from '../support/command-line.js';
import { python, scratch, skipped } from './support.js';

vi.setConfig({ testTimeout: 300_000 });
const { dir, remove } = scratch();
afterAll(remove);
const cuda =
  python.path !== null &&
  execFileSync(python.path, ['-c', 'import torch; print(torch.cuda.is_available())']).toString().trim() ===
    'True';

describe.skipIf(python.path === null)(`before a run on the torch engine${skipped}`, () => {
  const folder = join(dir, 'model');

  it('all files that a model’s folder lacks are named, and another kind of model is refused', async () => {
    const env = { ...process.env, PYTHONPATH: engineSources() };
    execFileSync(python.path!, ['-m', 'ruminate_torch.tiny', folder], { env, stdio: 'pipe' });
    const model = { type: 'folder', path: folder } as const;
    await refuseAbsentModel({ model, contextTokens: null }, { device: 'cpu' });
    writeFileSync(join(folder, 'config.json'), '{"model_type": "llama"}');
    await expect(refuseAbsentModel({ model, contextTokens: null }, { device: 'cpu' })).rejects.toThrow(
      'expected a model of type qwen2_5_vl or qwen3_vl, got llama',
    );
    for (const file of ['tokenizer.json', 'model.safetensors']) rmSync(join(folder, file));
    const lacking = await refuseAbsentModel({ model, contextTokens: null }, { device: 'cpu' }).catch(
      (e: unknown) => e as UserError,
    );
    expect(lacking).toBeInstanceOf(UserError);
    expect((lacking as UserError).message).toMatch(/lacks tokenizer\.json, model\.safetensors/);
  });

  it.skipIf(cuda)(
    'CUDA that is not there is refused, and so is the folder beside it (skipped with CUDA)',
    async () => {
      const model = { type: 'folder', path: join(dir, 'nowhere') } as const;
      const error = await refuseAbsentModel({ model, contextTokens: null }, { device: 'cuda' }).catch(
        (e: unknown) => e as UserError,
      );
      expect((error as UserError).message).toMatch(
        /there is no folder .*nowhere\ncompute\.device is cuda, but PyTorch/,
      );
    },
  );

  it('what shapes the bytes is Python’s too, and of no run on the embedded engine', async () => {
    const [torch, onnx] = [await fingerprintParts(['torch-engine']), await fingerprintParts()];
    for (const name of ['python', 'torch', 'transformers', 'peft', 'pillow']) {
      expect(torch[name]).toMatch(/^\d/);
      expect(onnx[name]).toBeUndefined();
    }
    expect(torch).toMatchObject(onnx);
  });
});

describe('ruminate run with a torch policy', () => {
  it('starts nothing without Python’s packages, and prints the one command that brings them', async () => {
    const home = homeAt(join(dir, 'home'));
    vi.stubEnv('RUMINATE_PYTHON', join(dir, 'no-such-python'));
    const { code, stdout, stderr } = await new CommandLine(home).run('run', 'configs/torch-tiny.yaml');
    vi.unstubAllEnvs();
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('the torch engine needs Python packages');
    expect(stderr).toContain('pip" install -r');
    expect(stderr).not.toMatch(STACK_TRACE);
    expect(stderr).not.toContain('is ready');
  });
});
