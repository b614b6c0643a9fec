import type { Check, DecodeCheck, Scenario, TrainCheck } from './scenarios.js';

/** Relative, of losses and gradient norms after up to two optimizer steps in float32. */
const TRAIN_TOLERANCE = 1e-3;
/** The same where one side orthogonalizes in bfloat16. */
const BFLOAT16_TOLERANCE = 2e-2;
/** Absolute, of a token's log-probability. */
const LOG_PROB_TOLERANCE = 1e-3;
/** Of turns whose tokens are the same throughout: a draw on the border of two tokens may fall to either side. */
const EQUAL_ROLLOUTS = 0.97;

interface AgreementOptions {
  /** Tokens of a turn. */
  readonly slot: number;
  readonly bfloat16: boolean;
}

/** torch.optim.Muon computes in bfloat16 whatever its parameters are. */
export function agreementOptions(scenario: Scenario, variant: string | null, slot: number): AgreementOptions {
  const muon = scenario.kind === 'train' && scenario.optimizer.type === 'muon';
  return { slot, bfloat16: muon && variant !== 'float32 muon' };
}

/** Why two sides' first runs show that they do not compute the same thing; null where they do. */
export function disagreement(
  ours: Check,
  theirs: Check,
  { slot, bfloat16 }: AgreementOptions,
): string | null {
  if ('losses' in ours && 'losses' in theirs)
    return trainDisagreement(ours, theirs, bfloat16 ? BFLOAT16_TOLERANCE : TRAIN_TOLERANCE);
  if ('tokens' in ours && 'tokens' in theirs) return decodeDisagreement(ours, theirs, slot);
  return 'one side trained, the other sampled';
}

function trainDisagreement(ours: TrainCheck, theirs: TrainCheck, tolerance: number): string | null {
  for (const key of ['losses', 'gradNorms'] as const)
    for (const [step, a] of ours[key].entries()) {
      const b = theirs[key][step];
      // The first step is before any optimizer: there is no bfloat16 in it.
      const within = step === 0 ? TRAIN_TOLERANCE : tolerance;
      if (b === undefined || !(Math.abs(a - b) <= within * Math.abs(b)))
        return `${key} of step ${step + 1} differ: ours ${a}, PyTorch ${b ?? 'none'} (allowed: ${within} relative)`;
    }
  return null;
}

/** Turns with a token that fell to the other side of a border are not compared; later turns read it and may differ more. */
function decodeDisagreement(ours: DecodeCheck, theirs: DecodeCheck, slot: number): string | null {
  const rows = ours.tokens.length / slot;
  if (theirs.tokens.length !== ours.tokens.length)
    return `ours drew ${ours.tokens.length} tokens, PyTorch ${theirs.tokens.length}`;
  let equal = 0;
  let largest = 0;
  for (let row = 0; row < rows; row++) {
    const at = Array.from({ length: slot }, (_, i) => row * slot + i);
    if (at.some((i) => ours.tokens[i] !== theirs.tokens[i])) continue;
    equal += 1;
    for (const i of at) largest = Math.max(largest, Math.abs(ours.logProbs[i]! - theirs.logProbs[i]!));
  }
  if (equal < EQUAL_ROLLOUTS * rows) return `only ${equal} of ${rows} turns have the same tokens`;
  if (!(largest <= LOG_PROB_TOLERANCE))
    return `log-probabilities of the same tokens differ by up to ${largest} (allowed: ${LOG_PROB_TOLERANCE})`;
  return null;
}
