import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { homeAt } from '../../infra/home/home.js';
import { findOnPath } from '../../infra/setup/paths.js';
import { CommandLine, STACK_TRACE } from '../support/command-line.js';
import { python, skipped } from '../torch/support.js';

// Each case starts a process, some of them a Python with PyTorch; on a busy machine they take their time.
vi.setConfig({ testTimeout: 240_000 });

/** What can be wrong with a model in a folder is told in one message, before any service is started for it. */
const folder = mkdtempSync(join(tmpdir(), 'ruminate-ask-torch-'));
const home = homeAt(join(folder, 'home'));
const ruminate = new CommandLine(home);
const video = join(folder, 'a.mp4');
const model = join(folder, 'model');
const plain = await findOnPath('python3');

beforeAll(() => {
  writeFileSync(video, 'looked at by nobody');
  mkdirSync(model);
});
afterAll(() => {
  ruminate.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function refused(args: readonly string[], ...words: readonly string[]): Promise<void> {
  const { code, stderr } = await ruminate.run('ask', video, 'What?', '--engine', 'torch', ...args);
  for (const word of words) expect(stderr).toContain(word);
  expect(stderr).not.toMatch(STACK_TRACE);
  expect(code).toBe(2);
  expect(existsSync(home.settingsFile)).toBe(false);
}

describe('ruminate ask --engine torch', () => {
  it.each([
    ['--base-url', 'http://127.0.0.1:8000/v1'],
    ['--endpoints', 'endpoints.yaml'],
    ['--key-variable', 'MY_KEY'],
    ['--concurrency', '2'],
    ['--first-token-timeout', '5'],
  ])('refuses what belongs to a server: %s', async (option, value) => {
    await refused(
      ['--model', model, option, value],
      `${option}: of a model behind a server`,
      'leave that out',
    );
  });

  it('refuses tool calls, which its models have not, and wants a folder', async () => {
    await refused(
      ['--model', model, '--protocol', 'tools'],
      '--protocol tools: the torch engine has no tool calls',
    );
    await refused([], 'no model is named', '--model FOLDER');
    await refused(['--model', model, '--run', 'mini'], '--run chooses a policy that was trained here');
  });

  it.skipIf(plain === null)('says the one command where Python lacks the packages', async () => {
    const bare = join(folder, 'bare-python');
    // A real Python that does not look where packages are installed.
    writeFileSync(bare, `#!/bin/sh\nexec "${plain}" -I -S "$@"\n`);
    chmodSync(bare, 0o755);
    vi.stubEnv('RUMINATE_PYTHON', bare);
    await refused(
      ['--model', model],
      `the torch engine needs Python packages: ${bare} has no torch, transformers`,
      'Install them: python3 -m venv',
    );
    vi.unstubAllEnvs();
  });

  describe.skipIf(python.path === null)(`looks at the folder first${skipped}`, () => {
    it('and names one that is not there, all that one lacks, and a family that it does not know', async () => {
      const nowhere = join(folder, 'nowhere');
      await refused(['--model', nowhere], `there is no folder ${nowhere}`);
      await refused(
        ['--model', model],
        `${model} lacks config.json, tokenizer.json, preprocessor_config.json, model.safetensors (or `,
      );
      const adapter = join(model, 'adapter_config.json');
      writeFileSync(adapter, '{}');
      await refused(
        ['--model', model],
        `${model} holds a LoRA alone`,
        'ask the run that trained it: --run RUN',
      );
      rmSync(adapter);
      for (const name of ['tokenizer.json', 'preprocessor_config.json', 'model.safetensors'])
        writeFileSync(join(model, name), '{}');
      writeFileSync(join(model, 'config.json'), '{"model_type": "llava"}');
      await refused(['--model', model], 'expected a model of type qwen2_5_vl or qwen3_vl, got llava');
      const text_config = { max_position_embeddings: 4096 };
      writeFileSync(join(model, 'config.json'), JSON.stringify({ model_type: 'qwen3_vl', text_config }));
      const longer = ['--model', model, '--context-tokens', '5000'];
      await refused(longer, '--context-tokens is 5000: expected 16 to 4096');
    });

    it.skipIf(existsSync('/dev/nvidiactl'))(
      'and for a GPU, where one is asked for (skipped where there is one)',
      async () => {
        await refused(
          ['--model', model, '--device', 'cuda'],
          '--device is cuda, but PyTorch',
          '--device cpu computes anywhere',
        );
      },
    );
  });
});

describe('ruminate ask of a server', () => {
  it('refuses how the torch engine computes', async () => {
    const url = 'http://127.0.0.1:1/v1';
    const { code, stderr } = await ruminate.run('ask', video, 'What?', '--base-url', url, '--dtype', 'bf16');
    expect([code, stderr]).toEqual([2, expect.stringContaining('--dtype: how --engine torch computes')]);
  });
});
