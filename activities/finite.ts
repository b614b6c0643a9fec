import { BugFailure } from '../domain/failures.js';

type Tensors = ReadonlyMap<string, Float32Array>;

/** A training step while its numbers are judged. `step` counts from 0; messages count from 1. */
export interface StepUnderWay {
  readonly stage: string;
  readonly step: number;
  /** Sums of the step's losses and what was measured beside them, by name. */
  readonly losses: Readonly<Record<string, number>>;
  /** In parameter order, as `weights`: what the step started from. */
  readonly gradients: Tensors;
  readonly weights: Tensors;
}

/** What an optimizer step made; the norms are made inside its graph. */
export interface OptimizerOutcome {
  readonly gradNorm: number;
  readonly weightNorm: number;
  readonly state: { readonly weights: Tensors };
}

/**
 * Refuses losses that are not finite, before the optimizer sees their gradients. Throws a BugFailure that names stage,
 * step and the first tensor that is not finite, in parameter order, or the loss where all gradients are.
 */
export function refuseBadLosses(at: StepUnderWay): void {
  const bad = Object.entries(at.losses).find(([, value]) => !Number.isFinite(value));
  if (bad) refuse(at, badGradient(at) ?? `${bad[0]} is ${called(bad[1])}`);
}

/**
 * Refuses a step whose gradients or new weights are not finite, before its state is used. Two numbers are looked at;
 * tensors only once one of the two is not finite, so that no step pays for the search.
 */
export function refuseBadStep(at: StepUnderWay, { gradNorm, weightNorm, state }: OptimizerOutcome): void {
  if (!Number.isFinite(gradNorm))
    refuse(at, badGradient(at) ?? `the norm of the gradients is ${called(gradNorm)}, though each is finite`);
  if (Number.isFinite(weightNorm)) return;
  const bad = firstBad(state.weights);
  refuse(
    at,
    bad
      ? `the optimizer made ${bad.name} ${bad.value}`
      : `the norm of the new weights is ${called(weightNorm)}, though each is finite`,
  );
}

function badGradient({ gradients }: StepUnderWay): string | null {
  const bad = firstBad(gradients);
  return bad && `the gradient of ${bad.name} is ${bad.value}`;
}

function refuse({ stage, step, weights }: StepUnderWay, what: string): never {
  const before = firstBad(weights);
  const remedy = before
    ? `The weights that the step started from are spoiled already (${before.name} is ${before.value}): start from an earlier checkpoint.`
    : 'A lower learning rate is the usual remedy.';
  throw new BugFailure(`${stage}, step ${step + 1}: ${what}. Nothing of this step was saved. ${remedy}`);
}

/** The first tensor with a number that is not finite, and which. */
function firstBad(tensors: Tensors): { readonly name: string; readonly value: string } | null {
  for (const [name, data] of tensors) {
    const at = data.findIndex((x) => !Number.isFinite(x));
    if (at >= 0) return { name, value: called(data[at]!) };
  }
  return null;
}

function called(value: number): string {
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'infinity' : '-infinity';
}
