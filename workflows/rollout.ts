import type { Shard } from '../activities/contract.js';
import type { Ref } from '../domain/refs.js';
import { cpu, rollout } from './proxies.js';

/** A shard's finished rollouts: one ref a turn, and one for what the tools answered between turns. */
export interface RolledOut {
  readonly turns: readonly Ref[];
  /** `observations.length === turns.length − 1`. */
  readonly observations: readonly Ref[];
  readonly timeMs: Readonly<Record<string, number>>;
}

/**
 * The loop of looking: the policy speaks, the tools answer who asked for one, until nobody asks any more. The turn
 * with index `maxLooks` is the last: in it the policy must answer.
 *
 * @param story begins the summary of each activity, e.g. "RL_d · step 17 · groups 9–16"
 */
export async function rollOut(shard: Shard, story: string): Promise<RolledOut> {
  const turns: Ref[] = [];
  const observations: Ref[] = [];
  const timeMs: Record<string, number> = {};
  for (let turn = 0; ; turn++) {
    const sampled = await rollout.sampleTurn.executeWithOptions({ summary: `${story} · turn ${turn + 1}` }, [
      { shard, turn, turns, observations },
    ]);
    turns.push(sampled.ref);
    addInto(timeMs, sampled.timeMs);
    if (sampled.open === 0 || turn >= shard.sampling.maxLooks) return { turns, observations, timeMs };
    const tools = await cpu.runTools.executeWithOptions({ summary: `${story} · looks of turn ${turn + 1}` }, [
      { shard, turn, sampled: sampled.ref },
    ]);
    observations.push(tools.ref);
    addInto(timeMs, tools.timeMs);
  }
}

/** Adds each of `more` to the same key of `sums`. */
export function addInto(sums: Record<string, number>, more: Readonly<Record<string, number>>): void {
  for (const [key, value] of Object.entries(more)) sums[key] = (sums[key] ?? 0) + value;
}
