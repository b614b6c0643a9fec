import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { MemoryFailure } from '../../domain/failures.js';
import { TorchEngine } from '../../infra/torch/torch-engine.js';
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
    it('that has none left says what to lower, and gives back what it had', async () => {
      const small = join(dir, 'small-python');
      writeFileSync(small, `#!/bin/sh\nulimit -v ${KIBIBYTES}\nexec "${python.path}" "$@"\n`);
      chmodSync(small, 0o755);
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
      expect((error as MemoryFailure).hint).toMatch(/^lower microBatch \(compute\.microBatch of a curriculum\)/);
      expect(engine.pid).toBeNull();
      await engine.close();
    });
  },
);
