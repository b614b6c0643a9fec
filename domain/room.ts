import type { Curriculum } from './curriculum.js';

/**
 * The settings of a run that a machine must have room for, and that may change on its way: with others it is the same
 * training, whose numbers are rounded otherwise.
 */
export interface Room {
  readonly microBatch: number;
  /** Of a torch policy; null for the embedded one. */
  readonly gradientCheckpointing: boolean | null;
  /** Of a torch policy; null also where it is what the model was made for. */
  readonly contextTokens: number | null;
}

type Roomy = Pick<Curriculum, 'policy' | 'compute'>;

/** Where a curriculum says each. */
export const ROOM_SETTINGS: Readonly<Record<keyof Room, string>> = {
  microBatch: 'compute.microBatch',
  gradientCheckpointing: 'policy.gradientCheckpointing',
  contextTokens: 'policy.contextTokens',
};

export function roomOf({ policy, compute: { microBatch } }: Roomy): Room {
  if (policy.engine !== 'torch') return { microBatch, gradientCheckpointing: null, contextTokens: null };
  const { gradientCheckpointing, contextTokens } = policy;
  return { microBatch, gradientCheckpointing, contextTokens };
}

/** The same curriculum with these settings. */
export function inRoom<C extends Roomy>(curriculum: C, room: Room): C {
  const { policy } = curriculum;
  const compute = { ...curriculum.compute, microBatch: room.microBatch };
  if (policy.engine !== 'torch') return { ...curriculum, compute };
  const { gradientCheckpointing, contextTokens } = room;
  const torch = {
    ...policy,
    gradientCheckpointing: gradientCheckpointing ?? policy.gradientCheckpointing,
    contextTokens,
  };
  return { ...curriculum, compute, policy: torch };
}

/** `compute.microBatch: 4 → 1`, for each setting that differs. */
export function changedRoom(before: Room, after: Room): readonly string[] {
  const names = Object.keys(ROOM_SETTINGS) as (keyof Room)[];
  return names
    .filter((name) => before[name] !== after[name])
    .map((name) => `${ROOM_SETTINGS[name]}: ${shown(before[name])} → ${shown(after[name])}`);
}

/** What to do where memory ran out, in a sentence that another can go on from. A smaller context would only refuse what is longer. */
export function makeRoom({ microBatch, gradientCheckpointing }: Room): string {
  const less = [
    ...(microBatch > 1 ? [`lower ${ROOM_SETTINGS.microBatch} (now ${microBatch})`] : []),
    ...(gradientCheckpointing === false ? [`turn ${ROOM_SETTINGS.gradientCheckpointing} on`] : []),
  ];
  return less.length > 0
    ? `${less.join(' or ')}, or free memory on the machine`
    : 'no setting is left that this run could lower, so free memory on the machine';
}

function shown(value: Room[keyof Room]): string {
  return value === null ? "the model's" : String(value);
}
