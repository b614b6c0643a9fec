import type { Look } from './tools/contract.js';
import type { Rollout } from './trajectory.js';

/** How often a rollout used what. A call counts as valid when it was answered with pictures. */
export interface RolloutCounts {
  readonly clips: number;
  readonly crops: number;
  /** Valid calls: clips + crops. */
  readonly valid: number;
  /** Messages that were answered by a refusal, or that could not be parsed. */
  readonly refused: number;
  /** Messages of the policy, the answer among them. */
  readonly turns: number;
}

/** Counts the parsed records; never the text. */
export function countsOf(rollout: Rollout): RolloutCounts {
  const made = (tool: 'clip' | 'crop'): number =>
    rollout.turns.filter(({ observation: seen }) => seen?.kind === 'looks' && seen.call.tool === tool).length;
  const [clips, crops] = [made('clip'), made('crop')];
  const refused = rollout.turns.filter(
    (turn) => turn.action === null || turn.observation?.kind === 'refused',
  ).length;
  return { clips, crops, valid: clips + crops, refused, turns: rollout.turns.length };
}

/** The regions of all valid crops, in the order in which they were looked at. */
export function regionsOf(rollout: Rollout): readonly Look[] {
  return rollout.turns.flatMap(({ observation: seen }) =>
    seen?.kind === 'looks' && seen.call.tool === 'crop' ? seen.looks : [],
  );
}

/** The frames of the last valid clip; `null` when there was none. */
export function lastClipOf(rollout: Rollout): readonly Look[] | null {
  for (const { observation: seen } of rollout.turns.toReversed())
    if (seen?.kind === 'looks' && seen.call.tool === 'clip') return seen.looks;
  return null;
}
