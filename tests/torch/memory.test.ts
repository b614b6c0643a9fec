import { execFileSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { DataFailure, MemoryFailure } from '../../domain/failures.js';
import { TorchPolicyEngine } from '../../infra/torch/policy-engine.js';
import { engineSources } from '../../infra/torch/python.js';
import { TorchEngine } from '../../infra/torch/torch-engine.js';
import { withPictures } from '../openai/support/with-pictures.js';
import { limitMemory } from '../support/processes.js';
import { asking, python, scratch, skipped, TINY } from './support.js';

// Loading PyTorch takes its time on a busy machine.
vi.setConfig({ testTimeout: 300_000 });
const { dir, logFile, remove } = scratch();
afterAll(remove);
/** Of address space: enough to load PyTorch and the tiny model in. */
const KIBIBYTES = 4 * 2 ** 20;
const why = process.platform === 'linux' ? skipped : ' (skipped: only Linux limits a process’s memory)';

describe.skipIf(python.path === null || process.platform !== 'linux')(
  `a Python with little memory${why}`,
  () => {
    const small = join(dir, 'small-python');
    writeFileSync(small, `#!/bin/sh\nulimit -v ${KIBIBYTES}\nexec "${python.path}" "$@"\n`);
    chmodSync(small, 0o755);

    it('that has none left says what to lower, and gives back what it had', async () => {
      const engine = new TorchEngine(TINY, { python: small, logFile });
      await engine.start();
      const text = 'x'.repeat(2_000);
      const { messages } = asking(text);
      const conversation = { messages: [...messages, { role: 'assistant' as const, text }] };
      const sequences = Array.from({ length: 512 }, () => ({ conversation }));
      const asked = engine.forwardBackward({ objective: { type: 'sft' }, sequences, microBatch: 512 });
      const error = await asked.catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(MemoryFailure);
      expect((error as MemoryFailure).message).toMatch(/^out of memory: /);
      expect((error as MemoryFailure).hint).toMatch(
        /^lower microBatch \(compute\.microBatch of a curriculum\)/,
      );
      expect(engine.pid).toBeNull();
      await engine.close();
    });

    it('has too little for a conversation: at once for the person to mend, later that conversation alone', async () => {
      const torch = new TorchEngine(TINY, { python: small, logFile });
      const engine = new TorchPolicyEngine(torch, { model: 'tiny' });
      const under = withPictures(engine, { frames: 1, maxTokens: 16, close: () => torch.close() });
      const short = under.request([], { final: false, protocol: 'text' });
      const first = await engine.sample(short);
      const prompt = { ...short.conversation.prompt, text: 'x'.repeat(20_000) };
      const long = { ...short, conversation: { ...short.conversation, prompt } };
      limitMemory(torch.pid!);
      const refused = await engine.sample(long).catch((thrown: unknown) => thrown);
      expect(refused).toBeInstanceOf(MemoryFailure);
      expect((refused as MemoryFailure).hint).toContain('type the same command again');
      // Another conversation goes on, in a process that has its memory again.
      expect((await engine.sample(short)).text).toBe(first.text);
      limitMemory(torch.pid!);
      const turns = [{ spoken: first, looked: await under.look(first) }];
      const later = { ...long, conversation: { ...long.conversation, turns } };
      await expect(engine.sample(later)).rejects.toBeInstanceOf(DataFailure);
      await under.close();
    });
  },
);

describe.skipIf(python.path === null)(`what Python says${skipped}`, () => {
  it.each([
    ['MemoryError()', 'memory'],
    [`OSError(12, 'Cannot allocate memory')`, 'memory'],
    [`RuntimeError('CUDA error: out of memory')`, 'memory'],
    [`RuntimeError('CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate(handle)')`, 'memory'],
    [`OSError(28, 'No space left on device')`, 'infrastructure'],
    [`RuntimeError('shapes cannot be multiplied')`, 'bug'],
  ])('of %s is a failure of kind %s', (error, kind) => {
    const code = `from ruminate_torch.errors import described; print(described(${error})['kind'])`;
    const env = { ...process.env, PYTHONPATH: engineSources() };
    expect(execFileSync(python.path!, ['-c', code], { env, encoding: 'utf8' }).trim()).toBe(kind);
  });
});
