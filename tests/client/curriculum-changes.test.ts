import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCurriculum } from '../../configs/load.js';
import { curriculumChange } from '../../infra/client/curriculum-changes.js';

const text = readFileSync('configs/torch-tiny.yaml', 'utf8');
const TORCH = parseCurriculum(text, 'configs/torch-tiny.yaml');
const TINY = parseCurriculum(readFileSync('configs/tiny.yaml', 'utf8'), 'configs/tiny.yaml');

function changed(from: string, to: string): typeof TORCH {
  expect(text).toContain(from);
  return parseCurriculum(text.replace(from, to), 'configs/torch-tiny.yaml');
}

describe('a curriculum beside the one that its run was started with', () => {
  it('is the same after it went through JSON, and where it was kept before there were engines', () => {
    expect(curriculumChange(JSON.parse(JSON.stringify(TORCH)) as typeof TORCH, TORCH).kind).toBe('none');
    const { engine: _, ...policy } = TINY.policy;
    expect(curriculumChange({ ...TINY, policy: policy as typeof TINY.policy }, TINY).kind).toBe('none');
  });

  it.each([
    ['microBatch', 'microBatch: 4', 'microBatch: 1'],
    ['gradientCheckpointing', 'gradientCheckpointing: false', 'gradientCheckpointing: true'],
    ['contextTokens', 'dtype: fp32', 'dtype: fp32\n  contextTokens: 4096'],
  ])('takes other room with another %s', (_, from, to) => {
    expect(curriculumChange(TORCH, changed(from, to)).kind).toBe('room');
  });

  it.each([
    ['threads', 'threads: 1', 'threads: 2'],
    ['frames', 'frames: 2', 'frames: 3'],
    ['rate', 'lr: 1e-2', 'lr: 2e-2'],
    ['seed', 'seed: 7', 'seed: 8'],
  ])('is another with another %s', (_, from, to) => {
    expect(curriculumChange(TORCH, changed(from, to)).kind).toBe('another');
  });

  it('names each difference by its place', () => {
    const { differences } = curriculumChange(TORCH, changed('lr: 1e-2', 'lr: 2e-2'));
    expect(differences).toContain('stages[0].optimizer.lr: 0.01 → 0.02');
    expect(curriculumChange(TORCH, changed('dtype: fp32', 'dtype: fp32\n  contextTokens: 4096'))).toEqual({
      kind: 'room',
      differences: ['policy.contextTokens: null → 4096'],
    });
    const { length } = TORCH.stages;
    const shorter = { ...TORCH, stages: TORCH.stages.slice(0, -1) };
    expect(curriculumChange(TORCH, shorter).differences).toEqual([
      expect.stringMatching(`^stages\\[${length - 1}\\]: .*… → nothing$`),
    ]);
  });
});
