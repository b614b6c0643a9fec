import type { Looks } from '../world/records.js';
import type { TrajectoryRecord } from './records.js';

/** What a demonstration practises, as an sft stage names it in `style`. */
export type Practice = 'drp' | 'crp' | 'direct';

/**
 * What a trajectory practises: what its style says; of somebody else's (`given`), what it does. One tool alone, once or
 * often, is `drp`; clip and crop are `crp`. Without a look it is `direct`, whatever it says.
 */
export function practiceOf({ style, turns }: Pick<TrajectoryRecord, 'style' | 'turns'>): Practice {
  const tools = toolsOf(turns);
  if (tools.size === 0) return 'direct';
  if (style !== 'given') return style;
  return tools.size === 1 ? 'drp' : 'crp';
}

/**
 * What a question's answer takes, as its trajectories show: the tool of the first that practises one alone, else
 * several looks. Of a question without trajectories nobody knows, and `several` is said.
 */
export function looksOf(trajectories: readonly Pick<TrajectoryRecord, 'style' | 'turns'>[]): Looks {
  for (const trajectory of trajectories) {
    const [tool, ...more] = toolsOf(trajectory.turns);
    if (practiceOf(trajectory) === 'drp' && tool !== undefined && more.length === 0) return tool;
  }
  return 'several';
}

function toolsOf(turns: TrajectoryRecord['turns']): ReadonlySet<'clip' | 'crop'> {
  return new Set(turns.flatMap(({ action }) => (action.tool === 'answer' ? [] : [action.tool])));
}
