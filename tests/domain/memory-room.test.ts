import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseCurriculum } from '../../configs/load.js';
import { changedRoom, inRoom, makeRoom, roomOf } from '../../domain/memory-room.js';

function shipped(name: string) {
  const file = `configs/${name}.yaml`;
  return parseCurriculum(readFileSync(file, 'utf8'), file);
}

const TORCH = shipped('torch-tiny');
const EMBEDDED = shipped('tiny');

describe('what a machine must have room for', () => {
  it('is taken from a curriculum, and put into it, with nothing else changed', () => {
    const room = { microBatch: 1, gradientCheckpointing: true, contextTokens: 4096 };
    const changed = inRoom(TORCH, room);
    expect(roomOf(changed)).toEqual(room);
    expect(inRoom(changed, roomOf(TORCH))).toEqual(TORCH);
    expect(roomOf(EMBEDDED)).toEqual({ microBatch: 64, gradientCheckpointing: null, contextTokens: null });
    const small = inRoom(EMBEDDED, { ...roomOf(EMBEDDED), microBatch: 8 });
    expect(small).toEqual({ ...EMBEDDED, compute: { ...EMBEDDED.compute, microBatch: 8 } });
  });

  it('names each setting that changed, where a curriculum says it', () => {
    const before = { microBatch: 4, gradientCheckpointing: false, contextTokens: null };
    expect(changedRoom(before, before)).toEqual([]);
    expect(changedRoom(before, { microBatch: 2, gradientCheckpointing: true, contextTokens: 64 })).toEqual([
      'compute.microBatch: 4 → 2',
      'policy.gradientCheckpointing: false → true',
      "policy.contextTokens: the model's → 64",
    ]);
  });

  it.each([
    [
      { microBatch: 4, gradientCheckpointing: false },
      'lower compute.microBatch (now 4) or turn policy.gradientCheckpointing on, or free',
    ],
    [{ microBatch: 1, gradientCheckpointing: false }, 'turn policy.gradientCheckpointing on, or free'],
    [{ microBatch: 4, gradientCheckpointing: null }, 'lower compute.microBatch (now 4), or free'],
    [{ microBatch: 1, gradientCheckpointing: true }, 'no setting is left that this run could lower, so free'],
  ])('is made by what is left to lower: %o', (room, said) => {
    expect(makeRoom({ ...room, contextTokens: null })).toBe(`${said} memory on the machine`);
  });
});
