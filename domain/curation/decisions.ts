import type { TrajectoryRecord } from '../data/records.js';
import type { RejectedRecord } from './records.js';
import type { Reason } from './reasons.js';

/** A line of a decisions file: what a person made of one trajectory. */
export interface Decision {
  readonly id: string;
  readonly decision: 'accepted' | 'rejected' | 'mended';
  readonly why?: string;
  /** As mended. */
  readonly trajectory?: TrajectoryRecord;
  readonly by: string;
  /** ISO time; for people, not for us: the last line of an id counts, whatever its time. */
  readonly at: string;
}

/** What a person cannot accept: nobody could execute or answer it. */
const BEYOND_ACCEPTANCE: readonly Reason[] = ['refused-by-tool', 'no-look', 'no-answer', 'wrong-answer'];

export interface Decided {
  readonly accepted: readonly TrajectoryRecord[];
  readonly rejected: readonly RejectedRecord[];
  /** Decisions that could not be honoured, as sentences. */
  readonly problems: readonly string[];
}

/** The last decision for each id. */
export function lastDecisions(decisions: readonly Decision[]): ReadonlyMap<string, Decision> {
  return new Map(decisions.map((decision) => [decision.id, decision]));
}

/**
 * Applies a person's decisions to what quality control left. Mended trajectories have been through it already: here they
 * stand among the others, under the id of the one they take the place of.
 */
export function applyDecisions(
  accepted: readonly TrajectoryRecord[],
  rejected: readonly RejectedRecord[],
  decisions: ReadonlyMap<string, Decision>,
): Decided {
  const problems: string[] = [];
  const known = new Set([
    ...accepted.map(({ id }) => id),
    ...rejected.flatMap(({ id, trajectory }) => (trajectory === undefined ? [] : [id])),
  ]);
  for (const { id, decision } of decisions.values())
    if (!known.has(id)) problems.push(`decision "${decision}" for "${id}": there is no such trajectory`);

  const nowRejected = accepted.flatMap((trajectory): RejectedRecord[] => {
    const decision = decisions.get(trajectory.id);
    return decision?.decision === 'rejected' ? [rejection(trajectory, decision)] : [];
  });
  const nowAccepted = rejected.flatMap((record): TrajectoryRecord[] => {
    const decision = decisions.get(record.id);
    if (decision?.decision !== 'accepted' || record.trajectory === undefined) return [];
    if (BEYOND_ACCEPTANCE.includes(record.reason)) {
      problems.push(`decision "accepted" for "${record.id}": it cannot be, ${record.why}`);
      return [];
    }
    return [record.trajectory];
  });
  const refused = new Set(nowRejected.map(({ id }) => id));
  const taken = new Set(nowAccepted.map(({ id }) => id));
  return {
    accepted: [...accepted.filter(({ id }) => !refused.has(id)), ...nowAccepted].map((trajectory) =>
      reviewed(trajectory, decisions.get(trajectory.id)),
    ),
    rejected: [
      ...rejected
        .filter(({ id }) => !taken.has(id))
        .map((record) => {
          const decision = decisions.get(record.id);
          return decision?.decision === 'rejected' && record.trajectory !== undefined
            ? rejection(record.trajectory, decision)
            : record;
        }),
      ...nowRejected,
    ],
    problems,
  };
}

function rejection(trajectory: TrajectoryRecord, { by, why }: Decision): RejectedRecord {
  const { id, questionId, video } = trajectory;
  return {
    id,
    questionId,
    video,
    step: 'review',
    reason: 'rejected-by-person',
    why: why === undefined || why === '' ? `rejected by ${by}` : `rejected by ${by}: ${why}`,
    trajectory,
  };
}

function reviewed(trajectory: TrajectoryRecord, decision: Decision | undefined): TrajectoryRecord {
  if (decision === undefined || decision.decision === 'rejected') return trajectory;
  const review = { decision: decision.decision, by: decision.by };
  return { ...trajectory, provenance: { ...trajectory.provenance, review } };
}
