import { afterAll, describe, expect, it } from 'vitest';
import type { Shard } from '../../activities/contract.js';
import { RolloutMemories } from '../../activities/rollout-memories.js';
import { EmbeddedEngine } from '../../engine/embedded-engine.js';
import type { RolloutMemory } from '../../engine/sampling/memory.js';
import { denseWeights, drawTurns, randomRollouts } from '../engine/support/rollouts.js';

const SPEC = { width: 32, layers: 1, heads: 2, maxLooks: 2 };
const engine = new EmbeddedEngine(SPEC, { threads: 1 });
const weights = denseWeights(SPEC);
afterAll(() => engine.close());

/** What a shard's turn leaves to remember, by a real engine. */
async function remembered(name: string): Promise<readonly RolloutMemory[]> {
  const turns = await drawTurns(engine, weights, randomRollouts(name, 4, 0));
  return turns.map(({ memory }) => memory);
}

/** As far as a memory's key reads a shard. */
function shard(index: number, weightsSha: string): Shard {
  const at = { run: 'a-run', stage: 'RL_d', step: 3 };
  return { at, shard: index, checkpoint: { weights: { sha256: weightsSha } } } as unknown as Shard;
}

describe('the memories of a shard’s rollouts', () => {
  it('are given once, to the turn that follows', async () => {
    const kept = new RolloutMemories();
    const memories = await remembered('once');
    kept.keep(shard(0, 'aa'), 0, memories);
    expect(kept.take(shard(0, 'aa'), 0)).toEqual(memories);
    expect(kept.take(shard(0, 'aa'), 0)).toEqual([]);
    expect(kept.bytes).toBe(0);
  });

  it('are not those of another shard, turn or policy', async () => {
    const kept = new RolloutMemories();
    kept.keep(shard(0, 'aa'), 0, await remembered('other'));
    expect(kept.take(shard(1, 'aa'), 0)).toEqual([]);
    expect(kept.take(shard(0, 'aa'), 1)).toEqual([]);
    expect(kept.take(shard(0, 'bb'), 0)).toEqual([]);
    expect(kept.take(shard(0, 'aa'), 0)).toHaveLength(4);
  });

  it('give way, oldest first, where there is no room for all', async () => {
    const one = await remembered('one');
    const room = new RolloutMemories(2.5 * one[0]!.of.bytes);
    for (const i of [0, 1, 2]) room.keep(shard(i, 'aa'), 0, await remembered(`room/${i}`));
    expect([0, 1, 2].map((i) => room.take(shard(i, 'aa'), 0).length)).toEqual([0, 4, 4]);
  });

  it('count a batch once, however many of its rollouts go on, and nothing for those that have finished', async () => {
    const kept = new RolloutMemories();
    const memories = await remembered('count');
    kept.keep(shard(0, 'aa'), 0, [memories[0]!, null, memories[2]!, null]);
    expect(kept.bytes).toBe(memories[0]!.of.bytes);
  });
});
