import { MAX_FRAMES, QUESTION_SLOT, SLOT } from '../domain/protocol/compact.js';
import { BudgetFailure } from '../domain/failures.js';
import { LOOK_BYTES, THUMB, type PolicySpec } from './policy/spec.js';
import type { OpenRollout } from './sampling/rollouts.js';

/** A batch of B sequences as far as its room matters; see `SequenceBatch`. */
interface Laid {
  readonly shape: { readonly batch: number; readonly looks: number };
  readonly words: { readonly length: number };
  readonly thumbs: { readonly length: number };
  readonly actions: { readonly length: number };
  readonly pixels: { readonly length: number };
}

/** Refuses a batch past the policy's context, before any graph is built: a BudgetFailure that says what raises the limit. */
export function requireContext({ maxLooks }: Pick<PolicySpec, 'maxLooks'>, batch: Laid): void {
  const { shape, words, thumbs, actions, pixels } = batch;
  const row = ({ length }: { readonly length: number }, unit: number): number => length / shape.batch / unit;
  requireRoom('looks', shape.looks, maxLooks);
  requireRoom('question words', row(words, 1), QUESTION_SLOT);
  requireRoom('frames', row(thumbs, THUMB.widthPx * THUMB.heightPx), MAX_FRAMES);
  requireRoom('actions', row(actions, SLOT), shape.looks + 1);
  requireRoom('pictures of looks', row(pixels, LOOK_BYTES), shape.looks);
}

/** The same of one rollout before its next turn. */
export function requireRolloutRoom({ maxLooks }: Pick<PolicySpec, 'maxLooks'>, rollout: OpenRollout): void {
  const { words, thumbs, actions, looks } = rollout;
  requireRoom('looks', looks.length, maxLooks);
  requireRoom('actions', actions.length, looks.length);
  requireRoom('question words', words.length, QUESTION_SLOT);
  requireRoom('frames', thumbs.length / (THUMB.widthPx * THUMB.heightPx), MAX_FRAMES);
  for (const { pixels } of looks) requireRoom('pictures of looks', pixels.length / LOOK_BYTES, 1);
}

function requireRoom(what: keyof typeof RAISED_BY, got: number, limit: number): void {
  if (got > limit)
    throw new BudgetFailure(
      `a sequence of ${got} ${what}`,
      `the policy has room for ${limit}`,
      RAISED_BY[what],
    );
}

const MORE_LOOKS = 'policy.maxLooks raises it; a trained policy keeps the one that it was trained with';

const RAISED_BY = {
  looks: MORE_LOOKS,
  actions: MORE_LOOKS,
  'pictures of looks': MORE_LOOKS,
  'question words': 'no option raises it: ask in fewer of the words that the policy knows',
  frames: 'no option raises it: cut the video, or sample it at fewer frames a second',
} as const;
