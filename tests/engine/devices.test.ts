import { describe, expect, it } from 'vitest';
import { cudaProblem, deviceOptions } from '../../engine/devices.js';
import { EmbeddedEngine } from '../../engine/embedded-engine.js';
import { freshWeights } from '../../engine/policy/state.js';
import { blankBatch } from './children/blank-batch.js';

const SPEC = { width: 32, layers: 1, heads: 4, maxLooks: 1 };
const problem = await cudaProblem();

describe('device cuda', () => {
  it.skipIf(problem === null)(
    'is refused where it cannot be had, with what to install (skipped where CUDA is here)',
    async () => {
      const engine = new EmbeddedEngine(SPEC, { threads: 1, device: 'cuda' });
      await expect(engine.logProbs(freshWeights(SPEC, 1), blankBatch(1, 0))).rejects.toMatchObject({
        name: 'UserError',
        message: expect.stringMatching(/^compute\.device is cuda, but onnxruntime/) as string,
        hint: expect.stringMatching(/CUDA[^]*or set compute\.device: cpu$/) as string,
      });
      await engine.close();
    },
  );

  it.runIf(problem?.what.includes('not installed'))(
    'names the command that installs it, and the versions that it needs (where its files are missing)',
    () => {
      expect(problem?.todo).toContain('ONNXRUNTIME_NODE_INSTALL=cuda12 npm rebuild onnxruntime-node');
      expect(problem?.todo).toContain('CUDA 12 and cuDNN 9');
    },
  );

  it('never falls back: its sessions have no other provider, and may not place a node on the CPU', () => {
    expect(deviceOptions('cuda')).toEqual({
      executionProviders: ['cuda'],
      extra: { session: { disable_cpu_ep_fallback: '1' } },
    });
  });
});
