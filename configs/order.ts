import type { StageFile } from './schema/stages.js';

/** A stage as far as its order matters. `unknown` is one with problems of its own: nothing is concluded from it. */
export type Outline =
  StageFile | (Pick<StageFile, 'name' | 'from' | 'baseline'> & { readonly type: 'unknown' });

/** Where a stage starts when its `from` is left out or says so: the policy of `policy.base`. */
export const BASE = 'base';

/** Something wrong between stages, and where: keys and indices below `stages`. */
export interface OrderProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  /** What was written, where a nearest name can be looked for among `candidates`. */
  readonly wrote?: string;
  readonly candidates?: readonly string[];
}

/** The stage that each stage starts from: as written, or the last one before it that is no baseline, or `base`. */
export function origins(stages: readonly Outline[]): readonly string[] {
  return stages.map(
    (stage, i) => stage.from ?? stages.slice(0, i).findLast((earlier) => !earlier.baseline)?.name ?? BASE,
  );
}

/**
 * Orders that cannot work, each with the order that would. What merely makes no sense to us is allowed:
 * ablations are such curricula.
 */
export function orderProblems(stages: readonly Outline[]): readonly OrderProblem[] {
  const from = origins(stages);
  return stages.flatMap((stage, i) => {
    const named = nameProblems(stages, i);
    if (named.length > 0) return named;
    const origin = from[i]!;
    const known = stages.slice(0, i).map(({ name }) => name);
    if (origin !== BASE && !known.includes(origin)) return [unknownOrigin(stages, i, origin)];
    if (stages.some((other, j) => j < i && other.name === origin && other.baseline))
      return [
        {
          path: [i, 'from'],
          message: `stage "${origin}" is a baseline, and nothing continues from a baseline: set \`baseline: false\` on it, or start from another stage`,
        },
      ];
    return chainProblems(stage, i, chain(stages, from, i));
  });
}

function nameProblems(stages: readonly Outline[], i: number): readonly OrderProblem[] {
  const { name } = stages[i]!;
  if (name === BASE)
    return [
      {
        path: [i, 'name'],
        message: `"${BASE}" means the policy before the first stage: give the stage another name`,
      },
    ];
  const first = stages.findIndex((other) => other.name === name);
  if (first < i)
    return [
      {
        path: [i, 'name'],
        message: `the name "${name}" is already that of stage ${first + 1}: stage names must differ`,
      },
    ];
  return [];
}

function unknownOrigin(stages: readonly Outline[], i: number, origin: string): OrderProblem {
  const path = [i, 'from'];
  if (origin === stages[i]!.name) return { path, message: `stage "${origin}" cannot start from itself` };
  if (stages.slice(i + 1).some(({ name }) => name === origin))
    return { path, message: `stage "${origin}" comes later: move it before "${stages[i]!.name}"` };
  const candidates = [BASE, ...stages.slice(0, i).map(({ name }) => name)];
  return {
    path,
    message: `expected one of ${candidates.join(', ')}, got "${origin}"`,
    wrote: origin,
    candidates,
  };
}

/** The stages that a stage stands on, nearest first. */
function chain(stages: readonly Outline[], from: readonly string[], i: number): readonly Outline[] {
  const at = stages.findIndex((stage, j) => j < i && stage.name === from[i]);
  return at < 0 ? [] : [stages[at]!, ...chain(stages, from, at)];
}

function chainProblems(stage: Outline, i: number, before: readonly Outline[]): readonly OrderProblem[] {
  const path = [i, stage.from === undefined ? 'type' : 'from'];
  if (before.some(({ type }) => type === 'unknown')) return [];
  switch (stage.type) {
    case 'unknown':
      return [];
    case 'pretrain': {
      const taught = before.find(({ type }) => type !== 'pretrain');
      if (taught === undefined) return [];
      return [
        {
          path,
          message: `impossible order: pretrain "${stage.name}" after ${taught.type} "${taught.name}" would undo what it taught: put pretrain first`,
        },
      ];
    }
    case 'sft':
      return [];
    case 'rl': {
      const examples = before.filter(
        (earlier) => earlier.type === 'sft' && earlier.trajectories.style !== 'direct',
      );
      if (examples.length === 0)
        return [
          {
            path,
            message: `impossible order: rl "${stage.name}" starts from a policy that does not know the tools: put an sft stage (style drp or crp) before it`,
          },
        ];
      const composed = examples.some(
        (earlier) => earlier.type === 'sft' && earlier.trajectories.style === 'crp',
      );
      if (stage.questions.includes('several') && !composed)
        return [
          {
            path: [i, 'questions'],
            message: `impossible order: rl "${stage.name}" asks questions that need several looks, which no stage before it shows: put an sft stage of style crp before it, or leave \`several\` out`,
          },
        ];
      return [];
    }
    default:
      return stage satisfies never;
  }
}
